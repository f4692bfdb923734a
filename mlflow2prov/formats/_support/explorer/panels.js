// The panels: search, types, and what the graph states about the selected element. All text is set as text.

const MAX_MATCHES = 50;
const MAX_LISTED = 20;
const LONG_VALUE = 280;

function tag(name, attributes = {}, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
    else if (value === true) node.setAttribute(key, "");
    else if (value !== false && value !== undefined) node.setAttribute(key, visible(String(value)));
  }
  node.append(...children.map((child) => (typeof child === "string" ? visible(child) : child)));
  return node;
}

const byId = (id) => document.getElementById(id);

function plural(count, noun) {
  return `${count.toLocaleString("en")} ${noun}${count === 1 ? "" : "s"}`;
}

// Search

// The elements that contain every word of a query, best first: those whose title begins with it, or contains it.
function search(graph, query) {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  if (!words.length) return [];
  const whole = words.join(" ");
  const matches = [];
  for (const element of graph.elements) {
    if (!words.every((word) => element.text.includes(word))) continue;
    const title = element.title.toLowerCase();
    const rank = title === whole ? 0 : title.startsWith(whole) ? 1 : title.includes(words[0]) ? 2 : 3;
    matches.push([rank, element]);
  }
  // Elements with many neighbours are usually those that are meant.
  matches.sort(([a, first], [b, second]) => a - b || second.lines.length - first.lines.length);
  return matches.map(([, element]) => element);
}

class SearchBox {
  constructor(graph, events) {
    this.graph = graph;
    this.events = events;
    this.input = byId("search");
    this.panel = byId("match-panel");
    this.list = byId("matches");
    this.matches = [];
    this.active = -1;
    this.input.addEventListener("input", () => this.update());
    this.input.addEventListener("focus", () => this.update());
    this.input.addEventListener("keydown", (event) => this.press(event));
    this.list.addEventListener("click", (event) => {
      const option = event.target.closest("[role=option]");
      if (option) this.choose(Number(option.dataset.place));
    });
    byId("add-matches").addEventListener("click", () => this.show(events.add));
    byId("only-matches").addEventListener("click", () => this.show(events.only));
    document.addEventListener("pointerdown", (event) => {
      if (!event.target.closest(".search")) this.close();
    });
    this.input.closest(".search").addEventListener("focusout", (event) => {
      if (event.relatedTarget && !event.relatedTarget.closest(".search")) this.close();
    });
  }

  update() {
    this.matches = search(this.graph, this.input.value);
    this.active = -1;
    this.list.replaceChildren(...this.matches.slice(0, MAX_MATCHES).map((element, place) =>
      tag("li", { role: "option", id: `match-${place}`, "data-place": place, "aria-selected": "false" },
        symbol(element.kind), tag("b", {}, shorten(element.title, 80)), " ",
        tag("span", { class: "soft" }, typeOf(element)), tag("code", {}, shorten(element.id, 70)))));
    const isEmpty = !this.input.value.trim();
    this.panel.hidden = isEmpty;
    this.input.setAttribute("aria-expanded", !isEmpty);
    this.input.removeAttribute("aria-activedescendant");
    byId("match-count").textContent = this.matches.length
      ? plural(this.matches.length, "match").replace("matchs", "matches") : "No matches";
    for (const id of ["add-matches", "only-matches"]) byId(id).hidden = !this.matches.length;
  }

  press(event) {
    const last = this.list.children.length - 1;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (this.panel.hidden) this.update();
      const step = event.key === "ArrowDown" ? 1 : -1;
      if (last >= 0) this.activate((this.active + step + last + 1) % (last + 1));
    } else if (event.key === "Enter" && last >= 0) {
      event.preventDefault();
      this.choose(Math.max(this.active, 0));
    } else if (event.key === "Escape") {
      event.stopPropagation();
      if (this.panel.hidden) this.input.value = "";
      this.close();
    }
  }

  activate(place) {
    this.list.children[this.active]?.setAttribute("aria-selected", "false");
    this.active = place;
    const option = this.list.children[place];
    option.setAttribute("aria-selected", "true");
    option.scrollIntoView({ block: "nearest" });
    this.input.setAttribute("aria-activedescendant", option.id);
  }

  choose(place) {
    this.close();
    this.events.open(this.matches[place].number);
  }

  show(action) {
    this.close();
    action(this.matches.map((element) => element.number));
  }

  close() {
    this.panel.hidden = true;
    this.input.setAttribute("aria-expanded", "false");
    this.input.removeAttribute("aria-activedescendant");
  }
}

// Types

function countTypes(graph) {
  const counts = new Map();
  for (const element of graph.elements) {
    const type = typeOf(element);
    if (!counts.has(type)) counts.set(type, { type, kind: element.kind, count: 0 });
    counts.get(type).count++;
  }
  return [...counts.values()].sort((a, b) => a.type.localeCompare(b.type, "en"));
}

function listTypes(graph, collapsed, change) {
  byId("type-list").replaceChildren(...countTypes(graph).map(({ type, kind, count }) =>
    tag("li", {}, tag("label", {},
      tag("input", { type: "checkbox", value: type, checked: !collapsed.has(type),
        onchange: (event) => change(type, event.target.checked) }),
      symbol(kind), tag("span", {}, shorten(type, 60)), tag("span", { class: "soft" }, count.toLocaleString("en"))))));
}

function markTypes(collapsed) {
  for (const box of byId("type-list").querySelectorAll("input")) box.checked = !collapsed.has(box.value);
}

function symbol(kind) {
  const shapes = {
    activity: () => svg("rect", { x: 1, y: 2, width: 14, height: 10 }),
    agent: () => svg("path", { d: "M1 13V6L8 1L15 6V13Z" }),
  };
  const outline = (shapes[kind] ?? (() => svg("rect", { x: 1, y: 2, width: 14, height: 10, rx: 5 })))();
  return svg("svg", { class: `symbol ${kind || "reference"}`, viewBox: "0 0 16 14", "aria-hidden": "true" }, outline);
}

// The selected element

function showDetails(graph, number, actions) {
  const panel = byId("details");
  if (number === undefined) {
    panel.replaceChildren(tag("p", { class: "soft" }, "Select an element to see its attributes and statements."));
    return;
  }
  const element = graph.elements[number];
  panel.replaceChildren(
    tag("div", { class: "head" }, symbol(element.kind), tag("h2", {}, element.title),
      tag("button", { type: "button", class: "close", "aria-label": "Close", title: "Close (Escape)", onclick: actions.close }, "×")),
    tag("p", { class: "soft" }, element.type ? `${element.type}, ${element.kind || "no kind"}` : typeOf(element),
      element.isDescribed ? "" : ": the document refers to it, but does not describe it"),
    tag("div", { class: "actions" },
      ...actions.buttons.map(([label, action, title]) =>
        tag("button", { type: "button", title, onclick: () => action(number) }, label))),
    attributeTable(graph, element),
    ...statementLists(graph, element, actions),
  );
  panel.scrollTop = 0;
}

function attributeTable(graph, element) {
  const rows = [...element.times, ...element.attributes, ["identifier", element.id], ["IRI", expand(graph, element.id)],
    ["bundle", element.bundle]];
  return tag("table", {}, tag("caption", {}, "Attributes"), tag("tbody", {},
    ...rows.filter(([, value]) => value).map(([key, value, type, language]) => {
      return tag("tr", {}, tag("th", { scope: "row" }, ...breakable(key)),
        tag("td", { title: type ?? undefined }, longText(value), language ? tag("span", { class: "soft" }, ` @${language}`) : ""));
    })));
}

// A name that may be broken after each of its words.
function breakable(name) {
  return name.split(/(?<=[_.:])/).flatMap((part) => [part, tag("wbr")]);
}

function longText(text) {
  if (text.length <= LONG_VALUE) return tag("span", { class: "value" }, text);
  return tag("details", {}, tag("summary", {}, shorten(text, LONG_VALUE / 2)), tag("span", { class: "value" }, text));
}

function expand(graph, name) {
  const colon = name.indexOf(":");
  const prefix = colon < 0 ? "" : name.slice(0, colon);
  return Object.hasOwn(graph.prefixes, prefix) ? graph.prefixes[prefix] + name.slice(colon + 1) : "";
}

// The statements about an element: those in which it is the effect lead to its causes, the others to its effects.
function statementLists(graph, element, actions) {
  const causes = element.lines.filter((line) => line.effect === element.number);
  const effects = element.lines.filter((line) => line.effect !== element.number);
  return [["Causes", causes], ["Effects", effects]].filter(([, lines]) => lines.length).map(([title, lines]) => {
    const groups = Map.groupBy ? Map.groupBy(lines, groupName) : groupBy(lines, groupName);
    return tag("section", {}, tag("h3", {}, `${title} `, tag("span", { class: "soft" }, lines.length.toLocaleString("en"))),
      ...[...groups].map(([name, members]) => statementGroup(graph, element, name, members, actions)));
  });

  function groupName(line) {
    return `${line.name} ${typeOf(graph.elements[otherEnd(line, element.number)])}`;
  }
}

function groupBy(values, keyOf) {
  const groups = new Map();
  for (const value of values) groups.set(keyOf(value), [...(groups.get(keyOf(value)) ?? []), value]);
  return groups;
}

function statementGroup(graph, element, name, lines, actions) {
  const list = tag("ul", {});
  const more = (start) => {
    for (const line of lines.slice(start, start + MAX_LISTED)) list.append(statementItem(graph, element, line, actions));
    const rest = lines.length - start - MAX_LISTED;
    if (rest <= 0) return;
    const item = tag("li", {}, tag("button", { type: "button", class: "more", onclick: () => {
      item.remove();
      more(start + MAX_LISTED);
      list.children[start + MAX_LISTED].querySelector("button").focus();
    } }, `${rest.toLocaleString("en")} more`));
    list.append(item);
  };
  more(0);
  const [relation, ...type] = name.split(" ");
  return tag("div", { class: "group" }, tag("h4", {}, relation, " ", tag("span", { class: "soft" }, type.join(" "))), list);
}

function statementItem(graph, element, line, actions) {
  const other = graph.elements[otherEnd(line, element.number)];
  const { statement } = line;
  const facts = statement.block.arguments
    .map((name, place) => [name, statement.values[place]])
    .filter(([, value]) => value !== null && value !== element.id && value !== other.id);
  if (statement.id) facts.unshift(["id", statement.id]);
  facts.push(...statement.attributes);
  return tag("li", {},
    tag("button", { type: "button", class: "link", title: other.id, onclick: () => actions.open(other.number) },
      symbol(other.kind), tag("span", {}, shorten(other.title, 120))),
    ...facts.map(([key, value]) => tag("div", { class: "fact" }, tag("span", { class: "soft" }, `${local(key)} `), shorten(value, 160))));
}
