// Draws the API's description, and names what the drawing leaves without a name.

const root = document.querySelector("#swagger-ui");

// A path is the words of the button around it. As a link of its own it would be a control in a control.
const plainPaths = () => ({
  wrapComponents: {
    DeepLink: (_, { React }) => ({ text }) => React.createElement("span", null, text),
  },
});

const named = () => {
  for (const select of root.querySelectorAll("select:not([aria-label]):not([id])")) {
    const row = select.closest("tr[data-param-name]");
    select.setAttribute("aria-label", row ? row.dataset.paramName : "Example");
  }
  for (const code of root.querySelectorAll("pre.microlight:not([tabindex])")) code.tabIndex = 0;
};
new MutationObserver(named).observe(root, { childList: true, subtree: true });

window.SwaggerUIBundle({
  url: root.dataset.schema,
  domNode: root,
  presets: [window.SwaggerUIBundle.presets.apis],
  plugins: [plainPaths],
  layout: "BaseLayout",
  deepLinking: true,
  validatorUrl: null,
});
