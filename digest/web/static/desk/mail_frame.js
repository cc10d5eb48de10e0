// The mail in its frame. The frame has no origin and may do nothing; a script of ours in it answers messages:
// it scrolls to a post, says which one was clicked, and shows the mail anew.
import { announce, view, withoutStandIns } from "./parts.js";

const frame = () => document.querySelector("#frame iframe");

function tell(target, message) {
  target?.contentWindow?.postMessage(message, "*"); // it has no origin that could be named
}

export function scrollMailTo(post) {
  tell(frame(), { show: post });
}

// The changed mail is put into the frame that is there: nothing flickers, and it stays where it was.
export async function reloadMail(changed) {
  const target = frame();
  if (!target) {
    await reloadText();
    return;
  }
  try {
    const response = await fetch(target.src.split("#")[0]);
    if (response.ok) tell(target, { html: await response.text(), glow: changed });
  } catch {
    // It stays as it is until the next change.
  }
}

async function reloadText() {
  const text = document.getElementById("mail-text");
  if (!text) return;
  const { week } = document.getElementById("mark").dataset;
  try {
    const html = await (await fetch(`/editions/${week}/mail${window.location.search}`)).text();
    const fresh = new DOMParser().parseFromString(html, "text/html").getElementById("mail-text");
    text.textContent = fresh.textContent;
  } catch {
    // It stays as it is until the next change.
  }
}

window.addEventListener("message", (event) => {
  if (event.source !== frame()?.contentWindow || typeof event.data !== "object" || !event.data) return;
  const { chosen } = event.data;
  if (typeof chosen === "string" && /^[0-9a-f]{16}$/.test(chosen)) {
    document.dispatchEvent(new CustomEvent("desk:chosen", { detail: { post: chosen } }));
  }
  if (typeof event.data.key === "string") forward(event.data);
});

// A key that was pressed in the mail is for the desk.
function forward({ key }) {
  if (/^[jkpdhmz?]$/.test(key)) document.body.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
}

let shown = Promise.resolve();

// When the mail is shown as it is now.
export const mailShown = () => shown;

document.addEventListener("desk:parts", ({ detail }) => {
  if (detail.mail) shown = reloadMail(detail.mail);
});

// Another view of the mail, another language, or as a subscriber: only this part is exchanged.
document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-view]");
  if (!link || event.metaKey || event.ctrlKey || event.shiftKey || event.button) return;
  event.preventDefault();
  showView(new URL(link.href), link.dataset.view, link.closest("nav")?.getAttribute("aria-label"));
});

// As a subscriber: the page's address names them by a number.
document.addEventListener("desk:parts", () => {
  const query = new URLSearchParams(window.location.search);
  const number = document.getElementById("mail")?.dataset.as || "";
  if ((query.get("as") || "") === number) return;
  if (number) query.set("as", number);
  else query.delete("as");
  window.history.replaceState(null, "", `?${query}`);
  const why = document.getElementById("as-why");
  if (why) announce(why.textContent.trim());
});

async function showView(address, name, tabs = "Views of the mail") {
  const { week } = document.getElementById("mark").dataset;
  try {
    const html = await (await fetch(`/editions/${week}/mail${address.search}`)).text();
    const fresh = new DOMParser().parseFromString(html, "text/html").getElementById("mail");
    document.getElementById("mail").replaceWith(document.importNode(withoutStandIns(fresh), true));
  } catch {
    window.location.assign(address);
    return;
  }
  for (const field of document.querySelectorAll("input[name=view]")) field.value = name;
  window.history.replaceState(null, "", address.search);
  const problem = document.getElementById("as-why");
  if (problem) announce(problem.textContent.trim());
  const place = address.searchParams.get("as") ? "#as" : `#mail nav[aria-label="${tabs}"] a[aria-current]`;
  document.querySelector(place)?.focus({ preventScroll: true });
}
