// Runs in the frame that shows the mail on the desk; it is no part of the mail. It knows the posts by the anchors that
// the desk put there, scrolls to one, makes changed ones glow once, and says which one was clicked.
(() => {
  const posts = () => [...document.querySelectorAll("[data-digest-post]")];
  const of = (id) => posts().find((each) => each.dataset.digestPost === id);
  const block = (anchor) => anchor.closest("h1, h2, h3, h4, li, tr") || anchor;
  const top = (element) => element.getBoundingClientRect().top;
  const say = (message) => window.parent.postMessage(message, "*");

  const postAt = (target) => {
    if (target.closest(".top")) return null; // the list of top stories stands between posts
    let found = null;
    for (const each of posts()) {
      const place = block(each);
      if (place.contains(target) || place.compareDocumentPosition(target) & Node.DOCUMENT_POSITION_FOLLOWING) found = each;
    }
    return found;
  };

  // Everything from the post's heading to the next one.
  const partsOf = (anchor) => {
    const all = [block(anchor)];
    if (all[0].matches("h1, h2, h3, h4")) {
      for (let next = all[0].nextElementSibling; next && !next.matches("h1, h2, h3, h4, .top"); next = next.nextElementSibling) all.push(next);
    }
    return all;
  };

  const glow = (anchor, name) => {
    for (const part of partsOf(anchor)) {
      part.classList.remove(name);
      void part.offsetWidth;
      part.classList.add(name);
      part.addEventListener("animationend", () => part.classList.remove(name), { once: true });
    }
  };

  const show = (anchor, smooth) => {
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    window.scrollTo({ top: window.scrollY + top(block(anchor)) - 24, behavior: smooth && !still ? "smooth" : "instant" });
  };

  // Show a newer mail in this document, with the same post at the top.
  const renew = (html) => {
    const first = posts().find((each) => top(block(each)) >= 0);
    const [id, offset, y] = [first?.dataset.digestPost, first ? top(block(first)) : 0, window.scrollY];
    const fresh = new DOMParser().parseFromString(html, "text/html");
    for (const script of fresh.querySelectorAll("script")) script.remove();
    document.head.replaceChildren(...fresh.head.childNodes);
    document.body.replaceWith(fresh.body);
    const again = y > 0 && id && of(id);
    if (again) window.scrollTo({ top: window.scrollY + top(block(again)) - offset, behavior: "instant" });
    else window.scrollTo({ top: y, behavior: "instant" });
  };

  window.addEventListener("message", ({ source, data }) => {
    if (source !== window.parent || typeof data !== "object" || !data) return;
    if (typeof data.html === "string") renew(data.html);
    if (data.show && of(data.show)) {
      show(of(data.show), true);
      glow(of(data.show), "digest-chosen");
    }
    for (const post of data.glow || []) if (of(post)) glow(of(post), "digest-changed");
  });

  document.addEventListener("click", (event) => {
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.button) return;
    const link = event.target.closest("a[href]");
    if (link && !link.matches("[data-digest-post]")) {
      if (link.getAttribute("href").startsWith("#")) return;
      event.preventDefault();
      window.open(link.href, "_blank", "noopener"); // not in this frame
      return;
    }
    const anchor = link || postAt(event.target);
    if (!anchor) return;
    event.preventDefault();
    glow(anchor, "digest-chosen");
    say({ chosen: anchor.dataset.digestPost });
  });

  document.addEventListener("keydown", (event) => {
    if (!event.metaKey && !event.ctrlKey && !event.altKey && event.key.length === 1) say({ key: event.key });
  });
})();
