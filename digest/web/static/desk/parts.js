// Forms are sent without leaving the page, and answered with the parts of it that have changed.
// Events on `document`: "desk:sending" before a form goes (its detail can put back what was shown at once),
// "desk:parts" after parts were exchanged, "desk:later" when the parts that need the mail have to be asked for,
// "desk:failed" when the answer was no or none came.

const live = document.getElementById("live");
const find = (id) => document.getElementById(id);

export function announce(text) {
  live.textContent = "";
  window.setTimeout(() => { live.textContent = text; }, 50);
}

export function emit(name, detail = {}) {
  document.dispatchEvent(new CustomEvent(name, { detail }));
}

const TEXT = "input:not([type=checkbox]):not([type=radio]):not([type=submit]):not([type=button]), textarea, select, [contenteditable]";

export const isTyping = (element) => Boolean(element?.closest?.(TEXT));

// One request after the other: a late answer must not undo what a newer one showed.
let turn = Promise.resolve();
let waiting = 0;

export function inTurn(work) {
  waiting += 1;
  find("bench")?.setAttribute("aria-busy", "true");
  turn = turn.then(work, work).finally(() => {
    waiting -= 1;
    if (!waiting) find("bench")?.removeAttribute("aria-busy");
  });
  return turn;
}

export const busy = () => waiting > 0;

// Whether something else waits for its turn, or came meanwhile.
export const queued = () => waiting > 1;

export const opened = () => document.querySelector("#act [name=open]")?.value || "";

export function setOpened(post) {
  for (const field of document.querySelectorAll("input[name=open]")) field.value = post;
}

export const view = () => document.querySelector("#act [name=view]")?.value || "desktop";

// The address of the page says what it shows, so that a reload shows it again.
export function remember(post) {
  const query = new URLSearchParams(window.location.search);
  query.set("view", view());
  if (post) query.set("post", post);
  else query.delete("post");
  window.history.replaceState(null, "", `?${query}`);
}

export function headers() {
  return { "X-Digest-Parts": "1", "X-Digest-Revision": find("mark")?.value || "", "X-Digest-View": view() };
}

// How to find the same control after an exchange: by id, by what it is for, or by the address that it acts on.
function selectorOf(element) {
  if (!element || element === document.body) return "";
  const quoted = (value) => `"${CSS.escape(value)}"`;
  const panel = element.closest("#panel") ? "#panel " : element.closest("#outline") ? "#outline " : "";
  if (element.id) return `#${CSS.escape(element.id)}`;
  if (element.name === "sentence") return `input[name=sentence][value=${quoted(element.value)}]`;
  if (element.dataset.open && element.closest(".line")) return `${panel}.line-link[data-open=${quoted(element.dataset.open)}]`;
  const line = element.closest(".line[data-post]");
  if (line) return element.dataset.verb ? `#${line.id} [data-verb=${quoted(element.dataset.verb)}]` : `#${line.id} .line-link`;
  if (element.dataset.verb) return `${panel}[data-verb=${quoted(element.dataset.verb)}]`;
  if (element.dataset.view) return `[data-view=${quoted(element.dataset.view)}]`;
  const form = element.closest("form");
  if (form && element.type === "submit") return `form[action=${quoted(form.getAttribute("action"))}] [type=submit]`;
  return "";
}

// What was typed but not sent survives an exchange, and so does the mark of what it was typed over: a form that is sent
// later must not take somebody else's text, which came meanwhile, for one that its writer has read.
function typedIn(part, sent) {
  const fields = [];
  for (const field of part.querySelectorAll("input:not([type=hidden]), textarea, select")) {
    if (!field.id) continue;
    if (field.type === "checkbox") {
      if (!sent && field.checked !== field.defaultChecked) fields.push({ id: field.id, checked: field.checked });
    } else if ("defaultValue" in field && field.value !== (sent?.has(field.name) ? sent.get(field.name) : field.defaultValue)) {
      fields.push({ id: field.id, value: field.value, marks: sent ? [] : marksOf(field) });
    }
  }
  return fields;
}

function marksOf(field) {
  const { typed } = field.dataset;
  if (!typed) return [];
  const panel = field.closest("#panel") ? "#panel " : "";
  const places = [`${panel}input[name="mark-${typed}"]`, `${panel}input[name="was-${typed}"]`, `${panel}button[data-applies="${typed}"][name=seen]`];
  return [[`#${CSS.escape(field.id)}`, "data-mark", field.dataset.mark], ...places
    .filter((place) => document.querySelector(place))
    .map((place) => [place, "value", document.querySelector(place).value])];
}

function putBack({ id, value, checked, marks = [] }) {
  const field = find(id);
  if (!field) return;
  if (checked !== undefined) field.checked = checked;
  else field.value = value;
  for (const [place, name, mark] of marks) document.querySelector(place)?.setAttribute(name, mark);
}

// Nothing is exchanged under the hands of somebody who writes: what comes by itself waits until the field is left.
const later = new Map();
export const forgetLater = (selector) => later.delete(selector);
const isWritten = (part) => Boolean(part?.contains(document.activeElement) && document.activeElement.matches("[data-typed]"));

document.addEventListener("focusout", () => window.setTimeout(() => {
  for (const [selector, content] of later) {
    if (isWritten(document.querySelector(selector))) continue;
    replacePart(selector, content);
  }
}));

// Buttons that stand in for links where no scripts run are not needed here.
export function withoutStandIns(part) {
  for (const each of part.querySelectorAll("noscript")) each.remove();
  return part;
}

withoutStandIns(document);

let exchanging = false;
export const isExchanging = () => exchanging;

export function replacePart(selector, content, sent) {
  forgetLater(selector);
  const old = document.querySelector(selector);
  const next = withoutStandIns(content).firstElementChild;
  if (!old || !next) return null;
  if (next.isEqualNode(old)) return old;
  const typed = typedIn(old, sent);
  const isOpen = old.matches("[popover]") && old.matches(":popover-open");
  const scrolled = [...old.querySelectorAll(".text[id]")].map((each) => [each.id, each.scrollTop]);
  const unfolded = [...old.querySelectorAll("details[open]")].map((each) => each.id || each.className);
  const { scrollTop } = old;
  exchanging = true; // the browser says that the field in it was left
  old.replaceWith(next);
  exchanging = false;
  typed.forEach(putBack);
  for (const [id, top] of scrolled) if (find(id)) find(id).scrollTop = top;
  for (const each of next.querySelectorAll("details")) if (unfolded.includes(each.id || each.className)) each.open = true;
  if (isOpen && next.popover) {
    next.showPopover();
    next.scrollTop = scrollTop;
  }
  return next;
}

// Exchange the parts of an answer; return what was changed in the mail, or null. `sent` are the fields that it answers.
// `wanted` says which parts are to be exchanged: the editor may have closed a post while its panel was on the way.
export function applyParts(html, sent = null, wanted = () => true) {
  const templates = new DOMParser().parseFromString(html, "text/html").querySelectorAll("template");
  const active = document.activeElement;
  const selector = selectorOf(active);
  const caret = active?.matches("[data-typed]") ? [active.selectionStart, active.selectionEnd] : null;
  let mail = null;
  for (const template of templates) {
    const content = document.importNode(template.content, true);
    if ("mail" in template.dataset) mail = template.dataset.changed.split(" ").filter(Boolean);
    else if (!wanted(template.dataset.part)) continue;
    else if (!sent && isWritten(document.querySelector(template.dataset.part))) later.set(template.dataset.part, content);
    else replacePart(template.dataset.part, content, sent);
  }
  const { token } = find("mark").dataset; // another one, where the visitor's cookie was lost
  for (const field of document.querySelectorAll("input[name=token]")) field.value = token;
  if (selector && !active.isConnected) {
    const again = document.querySelector(selector);
    again?.focus({ preventScroll: true });
    if (caret && again?.matches("[data-typed]")) again.setSelectionRange(...caret);
  }
  emit("desk:parts", { mail });
  return mail;
}

// The mark that the page has by now for what an address changes: an answer before this one may have renewed it.
function seenBy(address) {
  const quoted = `"${CSS.escape(address)}"`;
  const field = document.querySelector(`form[action=${quoted}] [name=seen], button[formaction=${quoted}][name=seen]`);
  return field?.value || "";
}

// Send a form's fields. Returns true if the server took them.
export function send(address, body, { form = null, undo = () => {}, seen = () => seenBy(address) } = {}) {
  const wasBusy = busy();
  const post = opened();
  return inTurn(async () => {
    if (wasBusy && body.has("seen")) body.set("seen", seen() || body.get("seen"));
    try {
      const response = await fetch(address, { method: "POST", body, headers: { ...headers(), "X-Digest-Later": "1" } });
      const html = await response.text();
      if (response.status === 401) {  // the log-in has ended
        undo();
        emit("desk:failed", { form, status: 0, login: true });
        return false;
      }
      if (response.status === 403 && response.headers.get("Content-Type")?.includes("json")) {  // the role forbids it
        undo();
        emit("desk:failed", { form, status: 403, problem: JSON.parse(html).error });
        return false;
      }
      if (!response.headers.has("X-Digest-Parts")) {
        window.location.assign(response.url);  // another page
        return false;
      }
      if (!response.ok) undo();
      // A refusal shows the panel again, with what was typed.
      applyParts(html, body, (part) => part !== "#panel" || !response.ok || opened() === post);
      if (response.headers.has("X-Digest-Later")) emit("desk:later");
      if (!response.ok) emit("desk:failed", { form, status: response.status });
      return response.ok;
    } catch {
      undo();
      emit("desk:failed", { form, status: 0 });
      return false;
    }
  });
}

document.addEventListener("submit", (event) => {
  if (event.defaultPrevented) return;
  const { target: form, submitter } = event;
  if (!form.closest("#main") || form.method !== "post" || form.matches("[data-whole]")) return;
  event.preventDefault();
  const body = new URLSearchParams(new FormData(form, submitter));
  if (!body.get("open")) body.set("open", opened());
  const address = submitter?.getAttribute("formaction") || form.getAttribute("action");
  const detail = { form, submitter, address, body, undo: () => {} };
  emit("desk:sending", detail);
  send(address, body, { form, undo: detail.undo });
});
