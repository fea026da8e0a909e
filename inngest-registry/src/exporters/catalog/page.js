"use strict";
(() => {
  const byId = (id) => document.getElementById(id);
  const [query, found, none, nav] = ["query", "found", "none", "events"].map(byId);
  const links = [...document.querySelectorAll("#list li a")];
  const groups = [...document.querySelectorAll("#list details")];
  const target = (link) => byId(link.hash.slice(1));
  const entries = links.map((link) => ({ link, item: link.parentElement, article: target(link) }));
  query.parentElement.hidden = false;

  // The search covers names, descriptions and fields, but not examples and types.
  const textOf = ({ article }) => {
    const parts = article.querySelectorAll("h2, .about, th[scope=row]");
    return Array.from(parts, (part) => part.textContent).join("\n").toLowerCase();
  };

  const search = () => {
    const words = query.value.toLowerCase().split(/\s+/).filter(Boolean);
    let count = 0;
    for (const entry of entries) {
      entry.text ??= textOf(entry);
      const matches = words.every((word) => entry.text.includes(word));
      entry.item.hidden = entry.article.hidden = !matches;
      count += matches;
    }
    for (const group of groups) {
      group.hidden = !group.querySelector("li:not([hidden])");
      if (words.length) group.open = true;
    }
    none.hidden = count > 0 || entries.length === 0;
    found.value = words.length ? `${count} of ${entries.length} events` : "";
  };
  query.addEventListener("input", search);

  const clear = () => {
    if (query.value === "") return;
    query.value = "";
    search();
  };

  document.addEventListener("keydown", (event) => {
    const isTyping = event.target.closest?.("input, textarea, [contenteditable]");
    if (event.key === "/" && !isTyping && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      if (nav.matches(":not(:popover-open)") && getComputedStyle(nav).display === "none") nav.showPopover();
      query.focus();
      query.select();
    } else if (event.key === "Escape" && event.target === query) {
      clear();
    } else if (event.key === "Enter" && event.target === query) {
      entries.find(({ item }) => !item.hidden)?.link.click();
    }
  });

  // A link may lead to an event that the search hides, or into a folded part.
  const reveal = () => {
    const place = byId(location.hash.slice(1));
    if (!place) return;
    const article = place.closest("article");
    if (article?.hidden) clear();
    for (let at = place; at; at = at.parentElement) {
      if (at instanceof HTMLDetailsElement) at.open = true;
    }
    const own = place.querySelector(":scope > details");
    if (own) own.open = true;
    scrollTo(place, 10);
  };
  // The browser lays out events when they come into view, so they move for a few frames.
  const scrollTo = (place, frames) => {
    place.scrollIntoView();
    if (frames > 0) requestAnimationFrame(() => scrollTo(place, frames - 1));
  };
  addEventListener("hashchange", reveal);
  reveal();

  nav.addEventListener("click", (event) => {
    if (event.target.closest("a") && nav.matches(":popover-open")) nav.hidePopover();
  });

  // Mark the event at the top of the window in the list.
  let current;
  const visible = new Set();
  const mark = () => {
    const entry = entries.find(({ article }) => visible.has(article));
    if (!entry || entry === current) return;
    current?.link.removeAttribute("aria-current");
    entry.link.setAttribute("aria-current", "true");
    current = entry;
  };
  const observer = new IntersectionObserver((changes) => {
    for (const { target, isIntersecting } of changes) {
      if (isIntersecting) visible.add(target);
      else visible.delete(target);
    }
    mark();
  }, { rootMargin: "0px 0px -70% 0px" });
  for (const { article } of entries) observer.observe(article);

  // Print folded parts too, in browsers that do not do so by themselves.
  let opened = [];
  addEventListener("beforeprint", () => {
    opened = [...document.querySelectorAll("details:not([open])")];
    for (const details of opened) details.open = true;
  });
  addEventListener("afterprint", () => {
    for (const details of opened) details.open = false;
  });
})();
