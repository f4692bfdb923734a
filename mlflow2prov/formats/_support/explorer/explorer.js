// The explorer: the state of the page, its address, and the keys.

const MAX_SHOWN = 200;
const FIRST_SHOWN = 19;
const WHOLE_GRAPH = 30;
const EXPANDED = 30;
const READABLE_SCALE = 0.7;

const graph = readGraph(JSON.parse(byId("graph").textContent));
const collapsed = new Set();
let shown = new Set();
let selected;
let isOpen = false;

const picture = new Picture(graph, byId("picture"), { pick: select, expand: showNeighbours });
new SearchBox(graph, { open: find, add: (numbers) => add(numbers), only });
const actions = {
  open,
  close: () => select(undefined),
  buttons: [
    ["Neighbours", showNeighbours, "Show the neighbours (Enter)"],
    ["Origins", (number) => trace(number, "causes"), "Add its nearest origins (O)"],
    ["Consequences", (number) => trace(number, "effects"), "Add its nearest consequences (C)"],
    ["Only this", isolate, "Show only it and its neighbours (I)"],
    ["Hide", hide, "Take it out of the picture (Delete)"],
  ],
};

const isWanted = (number) => !collapsed.has(typeOf(graph.elements[number]));

function report(text) {
  byId("status").textContent = text;
}

// What is shown

function show(numbers, anchor) {
  const all = [...new Set(numbers)];
  shown = new Set(all.slice(0, MAX_SHOWN));
  picture.draw(shown, anchor);
  byId("empty").hidden = shown.size > 0;
  if (!shown.has(selected)) selected = undefined;
  picture.select(selected);
  const rest = all.length - shown.size;
  report(rest > 0 ? `${plural(shown.size, "element")}, the most that a picture shows; ${rest.toLocaleString("en")} left out`
    : `${plural(shown.size, "element")} shown`);
}

function add(numbers, anchor) {
  const before = shown.size;
  show([...shown, ...numbers], anchor);
  if (anchor === undefined) picture.fit(selected, READABLE_SCALE);
  else if (shown.size > before) picture.reveal(anchor);
  remember();
}

function only(numbers) {
  selected = numbers.length === 1 ? numbers[0] : undefined;
  show(numbers);
  picture.fit(numbers[0], READABLE_SCALE);
  showDetails(graph, selected, actions);
  remember(true);
}

function showNeighbours(number) {
  const wanted = neighbours(graph, number).filter((other) => isWanted(other) && !shown.has(other));
  select(number);
  add([number, ...wanted.slice(0, EXPANDED)], number);
  picture.focus(number);
  const others = neighbours(graph, number).filter((other) => !shown.has(other)).length;
  report(`${plural(Math.min(wanted.length, EXPANDED), "neighbour")} added` +
    (others ? `; the list has ${others.toLocaleString("en")} more` : ""));
}

function trace(number, direction) {
  const { reached, count, isComplete } = reach(graph, number, direction, isWanted, shown, EXPANDED);
  select(number);
  show([number, ...reached, ...shown], number);
  picture.fit(number, READABLE_SCALE);
  remember();
  const members = plural(count, direction === "causes" ? "origin" : "consequence");
  report(isComplete ? `${members} added; these are all` : `The nearest ${members} added; repeat it for more`);
}

function isolate(number) {
  const near = neighbours(graph, number).filter(isWanted).slice(0, EXPANDED);
  selected = number;
  show([number, ...near]);
  picture.fit(number, READABLE_SCALE);
  showDetails(graph, number, actions);
  remember(true);
}

function hide(number) {
  const rest = [...shown].filter((other) => other !== number);
  const after = neighbours(graph, number).find((other) => other !== number && shown.has(other));
  selected = after;
  show(rest, after);
  showDetails(graph, selected, actions);
  if (after !== undefined) picture.focus(after);
  remember();
}

// Select an element that was searched for. One that is not shown becomes the start of a new picture.
function find(number) {
  if (shown.has(number)) select(number);
  else isolate(number);
  document.body.classList.add("has-details");
  picture.reveal(number);
}

// Select an element that may not be shown yet, and show it next to its nearest shown neighbour.
function open(number) {
  if (!shown.has(number)) {
    const isFar = !neighbours(graph, number).some((other) => shown.has(other));
    if (shown.size >= MAX_SHOWN || (isFar && shown.size > 1)) {
      isolate(number);
      return;
    }
    show([...shown, number], selected);
  }
  select(number);
}

function select(number) {
  const isNew = number !== selected;
  selected = number;
  picture.select(number);
  showDetails(graph, number, actions);
  document.body.classList.toggle("has-details", number !== undefined);
  if (number !== undefined) {
    // On a narrow screen, the details leave less room for the picture.
    picture.reveal(number);
    const element = graph.elements[number];
    report(`${shorten(element.title, 60)}: ${plural(element.lines.length, "relation")}`);
  }
  if (isNew) remember(true);
}

// Types

function changeType(type, isShown) {
  if (isShown) collapsed.delete(type);
  else collapsed.add(type);
  const ofType = (number) => typeOf(graph.elements[number]) === type;
  if (!isShown) show([...shown].filter((number) => !ofType(number)), selected);
  else show([...shown, ...[...shown].flatMap((number) => neighbours(graph, number).filter(ofType))], selected);
  picture.fit(selected, READABLE_SCALE);
  remember();
}

function collapseTypes(isCollapsed) {
  collapsed.clear();
  for (const { type } of countTypes(graph)) if (isCollapsed(type)) collapsed.add(type);
  markTypes(collapsed);
}

function fewTypes() {
  collapseTypes((type) => DETAIL_TYPES.test(type));
  show([...shown].filter((number) => isWanted(number) || number === selected), selected);
  picture.fit(selected, READABLE_SCALE);
  remember();
}

function allTypes() {
  collapseTypes(() => false);
  show([...shown, ...[...shown].flatMap((number) => neighbours(graph, number))], selected);
  picture.fit(selected, READABLE_SCALE);
  remember();
}

function start() {
  collapseTypes((type) => DETAIL_TYPES.test(type));
  selected = undefined;
  const wanted = graph.elements.map((element) => element.number).filter(isWanted);
  if (wanted.length <= WHOLE_GRAPH) {
    show(wanted.length ? wanted : graph.elements.map((element) => element.number));
    picture.fit(undefined, READABLE_SCALE);
  } else {
    const first = startOf(graph);
    show(reach(graph, first, "causes", isWanted, new Set(), FIRST_SHOWN).reached);
    picture.fit(first, READABLE_SCALE);
    select(first);
    document.body.classList.remove("has-details");
  }
}

// The address: #at=<identifier>&in=<bundle> selects an element, &show=<file>:<numbers> shows exactly these elements.

function remember(isStep = false) {
  if (!isOpen) return;
  const parameters = new URLSearchParams();
  if (selected !== undefined) {
    parameters.set("at", graph.elements[selected].id);
    if (graph.elements[selected].bundle) parameters.set("in", graph.elements[selected].bundle);
  }
  parameters.set("show", `${graph.mark}:${ranges([...shown])}`);
  const address = `#${parameters}`;
  if (address === location.hash) return;
  history[isStep && location.hash ? "pushState" : "replaceState"](null, "", address);
}

function ranges(numbers) {
  const parts = [];
  numbers.sort((a, b) => a - b).forEach((number) => {
    const last = parts.at(-1);
    if (last && last[1] === number - 1) last[1] = number;
    else parts.push([number, number]);
  });
  return parts.map(([first, last]) => (first === last ? first : `${first}-${last}`)).join(".");
}

function readRanges(text) {
  const numbers = [];
  for (const part of text.split(".")) {
    const [first, last = first] = part.split("-").map(Number);
    for (let number = first; number <= last && numbers.length < MAX_SHOWN; number++) {
      if (graph.elements[number]) numbers.push(number);
    }
  }
  return numbers;
}

// Show what the address names; return false if it names nothing of this graph.
function follow() {
  const parameters = new URLSearchParams(location.hash.slice(1));
  const at = parameters.get("at") === null ? undefined
    : graph.numbers.get(`${parameters.get("in") ?? ""}\n${parameters.get("at")}`);
  const [mark, numbers = ""] = (parameters.get("show") ?? "").split(":");
  const listed = mark === graph.mark ? readRanges(numbers) : [];
  if (at === undefined && !listed.length) return false;
  if (!graph.elements.length) return false;
  if (!listed.length) {
    isolate(at);
    document.body.classList.add("has-details");
    return true;
  }
  const isSame = listed.length === shown.size && listed.every((number) => shown.has(number));
  selected = at;
  if (!isSame) {
    show(at === undefined ? listed : [at, ...listed]);
    picture.fit(at, READABLE_SCALE);
  }
  picture.select(at);
  if (at !== undefined) picture.reveal(at);
  showDetails(graph, at, actions);
  document.body.classList.toggle("has-details", at !== undefined);
  return true;
}

// Keys

const KEYS = {
  "+": () => picture.zoom(1.25),
  "=": () => picture.zoom(1.25),
  "-": () => picture.zoom(0.8),
  "0": () => picture.fit(),
  "/": () => byId("search").focus(),
  Escape: () => {
    const menu = document.querySelector("header details[open]");
    if (menu) {
      menu.open = false;
      menu.querySelector("summary").focus();
    } else {
      select(undefined);
    }
  },
};
const NODE_KEYS = {
  Enter: showNeighbours,
  " ": select,
  o: (number) => trace(number, "causes"),
  c: (number) => trace(number, "effects"),
  i: isolate,
  Delete: hide,
  Backspace: hide,
};

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches("input")) return;
  const number = numberAt(event.target);
  const inPicture = event.target.closest("#stage");
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  if (number !== undefined && key.startsWith("Arrow")) {
    const next = picture.next(number, key);
    if (next !== undefined) {
      select(next);
      picture.focus(next);
    }
  } else if (number !== undefined && NODE_KEYS[key]) {
    NODE_KEYS[key](number);
  } else if (KEYS[key] && (key === "/" || key === "Escape" || inPicture || event.target === document.body)) {
    KEYS[key]();
  } else {
    return;
  }
  event.preventDefault();
});

byId("zoom-in").addEventListener("click", KEYS["+"]);
byId("zoom-out").addEventListener("click", KEYS["-"]);
byId("fit").addEventListener("click", KEYS["0"]);
byId("restart").addEventListener("click", () => {
  start();
  remember(true);
});
byId("few-types").addEventListener("click", fewTypes);
byId("all-types").addEventListener("click", allTypes);
document.addEventListener("pointerdown", (event) => {
  for (const menu of document.querySelectorAll("header details[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});
window.addEventListener("popstate", () => follow() || start());
window.addEventListener("hashchange", () => follow() || start());

byId("counts").textContent = `${plural(graph.elements.length, "element")}, ` +
  plural(graph.elements.reduce((count, element) => count + element.lines.length, 0) / 2, "relation");
listTypes(graph, collapsed, changeType);
showDetails(graph, undefined, actions);
if (!graph.elements.length) {
  byId("empty").hidden = false;
  byId("empty").textContent = "The graph has no elements.";
} else {
  collapseTypes((type) => DETAIL_TYPES.test(type));
  follow() || start();
}
isOpen = true;
