/*
 * Passkeys: the page says what is asked (a data block or an address), the
 * device answers, and the form posts the answer. Words come from the form.
 */
const bytes = (text) => Uint8Array.from(
  atob(text.replaceAll("-", "+").replaceAll("_", "/")), (letter) => letter.charCodeAt(0),
);
const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer)))
  .replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");

const withBytes = (list) => list?.map((one) => ({ ...one, id: bytes(one.id) }));

async function make({ publicKey }) {
  const made = await navigator.credentials.create({
    publicKey: {
      ...publicKey,
      challenge: bytes(publicKey.challenge),
      user: { ...publicKey.user, id: bytes(publicKey.user.id) },
      excludeCredentials: withBytes(publicKey.excludeCredentials),
    },
  });
  return answer(made, {
    attestationObject: text(made.response.attestationObject),
    transports: made.response.getTransports?.() ?? [],
  });
}

async function use({ publicKey }) {
  const used = await navigator.credentials.get({
    publicKey: {
      ...publicKey,
      challenge: bytes(publicKey.challenge),
      allowCredentials: withBytes(publicKey.allowCredentials),
    },
  });
  return answer(used, {
    authenticatorData: text(used.response.authenticatorData),
    signature: text(used.response.signature),
    userHandle: used.response.userHandle ? text(used.response.userHandle) : null,
  });
}

function answer(credential, response) {
  return {
    id: credential.id,
    rawId: text(credential.rawId),
    type: credential.type,
    authenticatorAttachment: credential.authenticatorAttachment,
    clientExtensionResults: credential.getClientExtensionResults(),
    response: { clientDataJSON: text(credential.response.clientDataJSON), ...response },
  };
}

const onPage = () => JSON.parse(document.getElementById("passkey-options").textContent);

async function asked(form) {
  const sent = await fetch(form.action, { headers: { Accept: "application/json" } });
  if (!sent.ok) throw new Error(String(sent.status));
  return (await sent.json()).request_options;
}

const WAYS = {
  "sign-in": async (form) => use(await asked(form)),
  use: () => use(onPage().request_options),
  add: () => make(onPage().creation_options),
};

function tell(form, sentence) {
  const told = form.querySelector("[data-passkey-told]");
  told.textContent = sentence;
  told.hidden = !sentence;
}

for (const form of document.querySelectorAll("form[data-passkey]")) {
  const able = Boolean(window.PublicKeyCredential);
  if (able) form.hidden = false;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    tell(form, "");
    const button = form.querySelector("button");
    button.disabled = true;
    try {
      form.elements.credential.value = JSON.stringify(await WAYS[form.dataset.passkey](form));
      form.submit();
    } catch {
      button.disabled = false;
      tell(form, form.dataset.failed);
    }
  });
}
