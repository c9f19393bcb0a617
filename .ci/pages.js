// Filters the list of pages by what is typed. Without this script the list is whole.
"use strict";
(() => {
  const field = document.querySelector("nav .find");
  const input = field.querySelector("input");
  field.hidden = false;
  const pages = [...document.querySelectorAll("nav > ul > li")];
  input.addEventListener("input", () => {
    const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    const has = (element) => words.every((word) => element.textContent.toLowerCase().includes(word));
    for (const page of pages) {
      const headings = [...page.querySelectorAll("li")];
      const named = has(page.querySelector("a"));
      for (const heading of headings) heading.hidden = words.length > 0 && !named && !has(heading);
      page.hidden = words.length > 0 && !named && headings.every((heading) => heading.hidden);
      page.classList.toggle("found", words.length > 0 && !named && !page.hidden);
    }
    for (const list of document.querySelectorAll("nav > ul")) {
      list.previousElementSibling.hidden = [...list.children].every((page) => page.hidden);
    }
  });
})();
