// Fields for places (templates/places.html): a combobox with chips. The field keeps its name and its value, a text
// such as "JFK; TYO", in a hidden field; each change of it is an event "change" for the form.

const WAIT_MS = 150;
const cache = new Map();

async function suggestions(text) {
  if (!cache.has(text)) {
    const response = await fetch(`/places?q=${encodeURIComponent(text)}`, { headers: { Accept: "application/json" } });
    if (!response.ok) return [];
    cache.set(text, (await response.json()).places);
  }
  return cache.get(text);
}

function element(name, text, properties = {}) {
  const made = Object.assign(document.createElement(name), properties);
  if (text) made.textContent = text;
  return made;
}

class PlacesField {
  constructor(root) {
    this.root = root;
    this.input = root.querySelector("input");
    this.list = root.querySelector("[role=listbox]");
    this.chips = root.querySelector(".places-chips");
    this.status = root.querySelector("[data-places-status]");
    this.hidden = element("input", "", { type: "hidden", name: this.input.name, value: this.input.value });
    this.places = JSON.parse(root.querySelector("script").textContent);
    this.found = [];
    this.current = -1;
    this.input.removeAttribute("name");
    if (!this.input.hasAttribute("aria-invalid")) this.input.value = "";
    this.input.after(this.hidden);
    for (const [key, value] of Object.entries({ role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": this.list.id })) {
      this.input.setAttribute(key, value);
    }
    this.input.addEventListener("input", (event) => { event.stopPropagation(); this.search(); });
    this.input.addEventListener("change", (event) => event.stopPropagation());
    this.input.addEventListener("keydown", (event) => this.key(event));
    this.input.addEventListener("blur", () => setTimeout(() => this.leave(), 150));
    this.list.addEventListener("mousedown", (event) => event.preventDefault());
    this.list.addEventListener("click", (event) => this.choose(this.found[[...this.list.children].indexOf(event.target.closest("li"))]));
    root.querySelector(".places-box").addEventListener("click", (event) => { if (event.target === event.currentTarget) this.input.focus(); });
    this.showChips();
  }

  search() {
    clearTimeout(this.timer);
    const text = this.input.value.trim();
    if (text.length < 2) return this.close();
    this.timer = setTimeout(async () => {
      const found = await suggestions(text);
      if (this.input.value.trim() === text && document.activeElement === this.input) this.show(found);
    }, WAIT_MS);
  }

  show(found) {
    const chosen = new Set(this.places.map((place) => place.value));
    this.found = found.filter((place) => !chosen.has(place.value));
    this.list.replaceChildren(...this.found.map((place, number) => {
      const option = element("li", "", { id: `${this.list.id}-${number}`, className: `is-${place.kind}` });
      option.setAttribute("role", "option");
      option.append(element("b", place.name), element("i", place.code), element("small", place.detail));
      return option;
    }));
    if (!this.found.length) {
      const none = element("li", this.root.dataset.none, { className: "no-place" });
      none.setAttribute("role", "option");
      none.setAttribute("aria-disabled", "true");
      this.list.append(none);
    }
    this.list.hidden = false;
    this.input.setAttribute("aria-expanded", "true");
    this.status.textContent = this.found.length ? this.found.map((place) => place.name).slice(0, 3).join(", ") : this.root.dataset.none;
    this.mark(this.found.length ? 0 : -1);
  }

  mark(number) {
    this.current = number;
    [...this.list.children].forEach((option, place) => option.setAttribute("aria-selected", String(place === number)));
    if (number < 0) return this.input.removeAttribute("aria-activedescendant");
    this.input.setAttribute("aria-activedescendant", `${this.list.id}-${number}`);
    this.list.children[number].scrollIntoView({ block: "nearest" });
  }

  key(event) {
    const open = !this.list.hidden;
    if (event.key === "ArrowDown" && !open) return this.search();
    if (event.key === "Backspace" && !this.input.value && this.places.length) return this.remove(this.places.length - 1);
    if (event.key === "Enter" && this.input.value.trim()) {
      event.preventDefault();
      if (open && this.current >= 0) this.choose(this.found[this.current]);
      else this.leave();
      return;
    }
    if (event.key === "," || event.key === ";") {
      if (open && this.current >= 0 && this.input.value.trim()) { event.preventDefault(); this.choose(this.found[this.current]); }
      return;
    }
    if (!open) return;
    if (event.key === "Escape") { event.stopPropagation(); this.close(); }
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      const count = this.found.length;
      if (count) this.mark((this.current + (event.key === "ArrowDown" ? 1 : count - 1)) % count);
    }
    if (event.key === "Home" || event.key === "End") this.close();
  }

  choose(place) {
    if (!place) return;
    this.places.push(place);
    this.input.value = "";
    this.close();
    this.changed();
    this.input.focus();
  }

  // A text that was typed or pasted, such as "JFK, Tokyo", is sent as it is; the server says if it is unknown.
  leave() {
    if (document.activeElement === this.input && !this.list.hidden) return;
    this.close();
    const text = this.input.value.trim();
    if (!text) return this.hidden.value === this.text() ? undefined : this.changed();
    this.places.push({ value: text, name: text, code: "", kind: "", detail: "" });
    this.input.value = "";
    this.changed();
  }

  remove(number) {
    this.places.splice(number, 1);
    this.changed();
    this.input.focus();
  }

  changed() {
    this.input.removeAttribute("aria-invalid");
    this.hidden.value = this.text();
    this.showChips();
    this.hidden.dispatchEvent(new Event("change", { bubbles: true }));
  }

  text() {
    return this.places.map((place) => place.value).join("; ");
  }

  showChips() {
    this.chips.replaceChildren(...this.places.map((place, number) => {
      const chip = element("li");
      const button = element("button", "×", { type: "button", onclick: () => this.remove(number) });
      button.setAttribute("aria-label", this.root.dataset.remove.replace("{name}", place.name));
      chip.append(element("span", place.code ? `${place.name} (${place.code})` : place.name), button);
      return chip;
    }));
    this.chips.hidden = !this.places.length;
  }

  close() {
    clearTimeout(this.timer);
    this.list.hidden = true;
    this.current = -1;
    this.input.setAttribute("aria-expanded", "false");
    this.input.removeAttribute("aria-activedescendant");
  }
}

for (const root of document.querySelectorAll("[data-places]")) new PlacesField(root);
