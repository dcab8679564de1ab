{% autoescape off %}/*
 * Keeps static files and the offline page, shows pushes, opens their threads. No page, no text and
 * no answer of the server but those is ever kept, and nothing that fails is sent later by itself.
 */
"use strict";

const KEPT = "kept-{{ version }}";
const SHELL = {{ shell }};
const OFFLINE = {{ offline }};
const HASHED = /\.[0-9a-f]{12}\.[a-z0-9]+$/;

self.addEventListener("install", (event) => {
  event.waitUntil(caches.open(KEPT).then((kept) =>
    kept.addAll(SHELL.map((url) => new Request(url, { cache: "reload" })))));
});

/* The page asks for this once the reader agreed: a new version never changes under his hands. */
self.addEventListener("message", (event) => {
  if (event.data === "take over") self.skipWaiting();
});

self.addEventListener("activate", (event) => {
  event.waitUntil((async () => {
    for (const name of await caches.keys()) {
      if (name !== KEPT) await caches.delete(name);
    }
    await self.clients.claim();
  })());
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== self.location.origin) return;
  if (request.mode === "navigate") {
    event.respondWith(fetch(request).catch(async () => (await caches.match(OFFLINE)) ?? Response.error()));
  } else if (url.pathname.startsWith("/static/")) {
    event.respondWith(HASHED.test(url.pathname) ? keptFirst(request) : networkFirst(request));
  }
});

async function keptFirst(request) {
  return (await caches.match(request)) ?? keep(request, await fetch(request));
}

async function networkFirst(request) {
  try {
    return await keep(request, await fetch(request));
  } catch (problem) {
    const kept = await caches.match(request);
    if (kept) return kept;
    throw problem;
  }
}

async function keep(request, answer) {
  if (answer.status === 200 && answer.type === "basic") {
    const kept = await caches.open(KEPT);
    await kept.put(request, answer.clone());
  }
  return answer;
}

self.addEventListener("push", (event) => {
  let told = {};
  try { told = event.data ? event.data.json() : {}; } catch { /* shown without words below */ }
  const title = typeof told.title === "string" && told.title ? told.title : {{ name|safe }};
  event.waitUntil((async () => {
    await self.registration.showNotification(title, {
      body: told.body ?? "", tag: told.tag ?? "", renotify: Boolean(told.tag), icon: {{ icon }},
      badge: {{ badge }}, data: { url: told.url ?? "/", id: told.id ?? null },
    });
    if (typeof told.badge === "number" && navigator.setAppBadge) {
      await navigator.setAppBadge(told.badge).catch(() => {});
    }
  })());
});

/* The push service gave this browser another address by itself: it is told on, where it was told before. */
self.addEventListener("pushsubscriptionchange", (event) => {
  const was = event.oldSubscription;
  event.waitUntil((async () => {
    const key = was?.options?.applicationServerKey ?? {{ key }};
    const mine = event.newSubscription
      ?? await self.registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key });
    const { endpoint, keys } = mine.toJSON();
    const told = new URLSearchParams({ endpoint, ...keys, was: was?.endpoint ?? "" });
    await fetch({{ renew }}, { method: "POST", body: told, credentials: "same-origin" });
  })());
});

/* Only ever a page of ours: what came by push names a path, not an address. */
function ours(url) {
  const there = new URL(url, self.location.origin);
  return there.origin === self.location.origin ? there.href : self.location.origin;
}

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  const target = ours(event.notification.data?.url ?? "/");
  event.waitUntil((async () => {
    const open = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
    const there = open.find((page) => page.url === target) ?? open.find((page) => page.url.startsWith(self.location.origin));
    if (!there) return self.clients.openWindow(target);
    await there.focus();
    /* The page goes there itself, after asking about a text that stands unsent. */
    if (there.url !== target) there.postMessage({ kind: "open", url: target });
  })());
});
{% endautoescape %}
