// The picture: the shown elements in layers from cause to effect, which the library dagre arranges.

const NODE_WIDTH = 160, NODE_HEIGHT = 44, ROW_GAP = 22, LABEL_LENGTH = 21;
const TOOLS_HEIGHT = 56, MARGIN = 14;
const MAX_LABELLED_LINES = 60;
const MAX_ORDERED_NODES = 80, MAX_ROUTED_LINES = 120, HUB_LINES = 10;
const SVG = "http://www.w3.org/2000/svg";

function svg(name, attributes = {}, ...children) {
  const node = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  node.append(...children);
  return node;
}

// A text without characters that are not seen, or that show other text in another order than it has.
function visible(text) {
  return text.replace(/[\0-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, "\ufffd");
}

function shorten(text, length) {
  const characters = [...visible(text).replace(/\s+/g, " ")];
  return characters.length > length ? `${characters.slice(0, length - 1).join("")}…` : characters.join("");
}

// A title for a node. A path keeps its end, which is what tells it from others.
function shortenTitle(text) {
  const isPath = /^\S+\/\S+$/.test(text);
  const characters = [...visible(text)];
  if (!isPath || characters.length <= LABEL_LENGTH) return shorten(text, LABEL_LENGTH);
  return `…${characters.slice(1 - LABEL_LENGTH).join("")}`;
}

// The lines between shown elements, one for each pair: effect, cause, and the names of their relations.
function linesBetween(graph, shown) {
  const pairs = new Map();
  for (const number of shown) {
    for (const line of graph.elements[number].lines) {
      if (line.effect !== number || line.cause === number || !shown.has(line.cause)) continue;
      const key = `${line.effect} ${line.cause}`;
      if (!pairs.has(key)) pairs.set(key, { effect: line.effect, cause: line.cause, names: new Set(), isInferred: true });
      pairs.get(key).names.add(line.name);
      pairs.get(key).isInferred &&= line.statement.isInferred;
    }
  }
  return [...pairs.values()];
}

// The lines that decide the places of elements. In a large picture, those to a person with many do not: routing them
// through all layers takes seconds, and they are easier to follow if they are straight.
function linesToRoute(graph, lines) {
  if (lines.length <= MAX_ROUTED_LINES) return lines;
  const counts = new Map();
  for (const number of lines.flatMap(({ effect, cause }) => [effect, cause])) {
    counts.set(number, (counts.get(number) ?? 0) + 1);
  }
  const isHub = (number) => graph.elements[number].kind === "agent" && counts.get(number) > HUB_LINES;
  const routed = lines.filter(({ effect, cause }) => !isHub(effect) && !isHub(cause));
  const placed = new Set(routed.flatMap(({ effect, cause }) => [effect, cause]));
  for (const line of lines) {
    if (placed.has(line.effect) && placed.has(line.cause)) continue;
    routed.push(line);
    placed.add(line.effect).add(line.cause);
  }
  return routed;
}

// A straight route between the boxes at two places.
function straightRoute(from, to) {
  const [dx, dy] = [to.x - from.x, to.y - from.y];
  const part = Math.min(NODE_WIDTH / 2 / Math.abs(dx), NODE_HEIGHT / 2 / Math.abs(dy), 0.5);
  return { points: [{ x: from.x + dx * part, y: from.y + dy * part }, { x: to.x - dx * part, y: to.y - dy * part }],
    isStraight: true };
}

// Arrange elements in layers, from right to left (RL) or from the bottom to the top (BT), and those without lines in
// rows below. The result has the size, the places of the elements, and the route of each line.
function arrange(graph, shown, lines, direction) {
  const layout = new dagre.graphlib.Graph();
  const ranker = shown.size > MAX_ORDERED_NODES ? "tight-tree" : "network-simplex";
  const hasLabels = lines.length <= MAX_LABELLED_LINES;
  const gaps = { RL: { ranksep: hasLabels ? 44 : 96, nodesep: 18 }, BT: { ranksep: 50, nodesep: 24 } }[direction];
  layout.setGraph({ rankdir: direction, edgesep: 10, ranker, ...gaps });
  for (const { effect, cause, names } of linesToRoute(graph, lines)) {
    for (const number of [effect, cause]) layout.setNode(String(number), { width: NODE_WIDTH, height: NODE_HEIGHT });
    const label = hasLabels ? { width: [...names].join(", ").length * 5.4, height: 12, labelpos: "c" } : {};
    layout.setEdge(String(effect), String(cause), label);
  }
  if (lines.length) dagre.layout(layout);
  const size = lines.length ? layout.graph() : { width: 0, height: -ROW_GAP };
  const places = new Map(layout.nodes().map((name) => [Number(name), layout.node(name)]));
  const alone = [...shown].filter((number) => !places.has(number));
  const columns = Math.max(Math.floor(size.width / (NODE_WIDTH + ROW_GAP)), Math.ceil(Math.sqrt(alone.length / 2)));
  alone.forEach((number, place) => {
    const [row, column] = [Math.floor(place / columns), place % columns];
    places.set(number, { x: NODE_WIDTH / 2 + column * (NODE_WIDTH + ROW_GAP),
      y: size.height + ROW_GAP + NODE_HEIGHT / 2 + row * (NODE_HEIGHT + ROW_GAP) });
  });
  const ends = [...places.values()];
  return {
    width: Math.max(size.width, ...ends.map(({ x }) => x + NODE_WIDTH / 2)),
    height: Math.max(size.height, ...ends.map(({ y }) => y + NODE_HEIGHT / 2)),
    places,
    routes: lines.map(({ effect, cause }) => layout.edge(String(effect), String(cause))
      ?? straightRoute(places.get(effect), places.get(cause))),
  };
}

class Picture {
  constructor(graph, root, events) {
    this.graph = graph;
    this.root = root;
    this.events = events;
    this.scene = root.querySelector("#scene");
    this.places = new Map();
    this.nodes = new Map();
    this.arrows = [];
    this.view = { x: 0, y: 0, scale: 1 };
    this.direction = "RL";
    this.listen();
  }

  // Draw the shown elements. The element `anchor` keeps its place in the window.
  draw(shown, anchor) {
    const before = this.places.get(anchor);
    const lines = linesBetween(this.graph, shown);
    const layout = this.arrangeForWindow(shown, lines, Boolean(before));
    this.size = layout;
    this.places = layout.places;
    const after = this.places.get(anchor);
    if (before && after) this.move((before.x - after.x) * this.view.scale, (before.y - after.y) * this.view.scale);
    this.drawArrows(lines, layout.routes);
    this.drawNodes(shown);
  }

  // Arrange elements in the direction that makes better use of the window. A picture that is changed keeps its
  // direction unless the other is much better, so that readers find what they have seen.
  arrangeForWindow(shown, lines, isChange) {
    const isLarge = isChange && shown.size > MAX_ORDERED_NODES;
    const layouts = (isLarge ? [this.direction] : ["RL", "BT"]).map((direction) => {
      const layout = arrange(this.graph, shown, lines, direction);
      const scale = Math.min(this.root.clientWidth / layout.width, this.root.clientHeight / layout.height, 1);
      return { direction, layout, scale: isChange && direction === this.direction ? 1.6 * scale : scale };
    });
    const [best] = layouts.sort((a, b) => b.scale - a.scale);
    this.direction = best.direction;
    return best.layout;
  }

  drawNodes(shown) {
    const group = this.root.querySelector("#nodes");
    const focused = numberAt(document.activeElement);
    for (const [number, node] of this.nodes) {
      if (!shown.has(number)) {
        node.remove();
        this.nodes.delete(number);
      }
    }
    // In reading order, for those who hear the picture: from cause to effect, and from top to bottom.
    const inOrder = [...shown].sort((a, b) => {
      const [first, second] = [this.places.get(a), this.places.get(b)];
      return first.x - second.x || first.y - second.y;
    });
    for (const number of inOrder) {
      if (!this.nodes.has(number)) this.nodes.set(number, this.makeNode(this.graph.elements[number]));
      const node = this.nodes.get(number);
      const { x, y } = this.places.get(number);
      node.style.transform = `translate(${x}px, ${y}px)`;
      const hidden = neighbours(this.graph, number).filter((other) => !shown.has(other)).length;
      node.querySelector(".badge").classList.toggle("none", hidden === 0);
      node.querySelector(".badge text").textContent = hidden > 999 ? "999+" : `+${hidden}`;
      node.setAttribute("aria-label", describeNode(this.graph.elements[number], hidden));
      if (group.lastElementChild !== node) group.append(node);
    }
    // An element that is moved in its list loses the focus.
    this.focus(focused);
  }

  makeNode(element) {
    const title = svg("text", { class: "title", y: element.type ? -3 : 4 });
    title.textContent = shortenTitle(element.title);
    const type = svg("text", { class: "type", y: 12 });
    type.textContent = element.type ? shorten(element.type, 26) : "";
    const tip = svg("title");
    tip.textContent = visible(element.title);
    const count = svg("text", { y: 3.5 });
    const badge = svg("g", { class: "badge", transform: `translate(${NODE_WIDTH / 2 - 8} ${-NODE_HEIGHT / 2})` },
      svg("rect", { x: -15, y: -8, width: 30, height: 16, rx: 8 }), count);
    return svg("g", { class: `node ${element.kind || "reference"}`, "data-number": element.number, role: "button",
      tabindex: -1 }, tip, shape(element.kind), title, type, badge);
  }

  drawArrows(lines, routes) {
    this.arrows = lines.map((line, place) => {
      const route = routes[place];
      const names = [...line.names].join(", ");
      const { x, y } = route.x === undefined ? route.points[Math.floor(route.points.length / 2)] : route;
      const label = svg("text", { x, y: y + 3 });
      label.textContent = names;
      const path = curve(route.points, route.isStraight ? "straight" : this.direction);
      const arrow = svg("g", { class: line.isInferred ? "arrow inferred" : "arrow" },
        svg("path", { class: "reach", d: path }), svg("path", { class: "line", d: path }), label);
      return { ...line, arrow };
    });
    const group = this.root.querySelector("#arrows");
    group.classList.toggle("labelled", lines.length <= MAX_LABELLED_LINES);
    group.replaceChildren(...this.arrows.map(({ arrow }) => arrow));
  }

  // Mark an element, and the arrows and elements next to it.
  select(number) {
    const near = new Set();
    for (const { effect, cause, arrow } of this.arrows) {
      const isNear = effect === number || cause === number;
      arrow.classList.toggle("near", isNear);
      if (isNear) near.add(effect).add(cause);
    }
    for (const [other, node] of this.nodes) {
      node.classList.toggle("selected", other === number);
      node.classList.toggle("near", near.has(other));
      node.setAttribute("aria-pressed", other === number);
      node.setAttribute("tabindex", -1);
    }
    const entry = this.nodes.get(number) ?? this.nodes.values().next().value;
    entry?.setAttribute("tabindex", 0);
    this.root.classList.toggle("has-selection", this.nodes.has(number));
  }

  focus(number) {
    this.nodes.get(number)?.focus({ preventScroll: true });
  }

  // The nearest element in the direction of an arrow key, or undefined.
  next(number, key) {
    const from = this.places.get(number);
    const [dx, dy] = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[key];
    let best, bestDistance = Infinity;
    for (const [other, place] of this.places) {
      const ahead = (place.x - from.x) * dx + (place.y - from.y) * dy;
      const aside = Math.abs((place.x - from.x) * dy) + Math.abs((place.y - from.y) * dx);
      if (other === number || ahead <= 1 || (dy && aside > NODE_WIDTH)) continue;
      if (ahead + 2 * aside < bestDistance) [best, bestDistance] = [other, ahead + 2 * aside];
    }
    return best;
  }

  // Pan and zoom

  apply() {
    const { x, y, scale } = this.view;
    this.scene.setAttribute("transform", `translate(${x} ${y}) scale(${scale})`);
  }

  move(dx, dy) {
    this.view.x += dx;
    this.view.y += dy;
    this.apply();
  }

  zoom(factor, x = this.root.clientWidth / 2, y = this.root.clientHeight / 2) {
    const scale = Math.min(Math.max(this.view.scale * factor, 0.08), 3);
    const ratio = scale / this.view.scale;
    this.view = { scale, x: x - (x - this.view.x) * ratio, y: y - (y - this.view.y) * ratio };
    this.apply();
  }

  // Show the whole picture, or as much of it around the element `center` as can be read at the scale `minimum`.
  fit(center, minimum = 0) {
    if (!this.places.size) return;
    const [width, height] = [this.root.clientWidth, this.root.clientHeight];
    const [left, top, right, bottom] = [-MARGIN, -MARGIN, this.size.width + MARGIN, this.size.height + MARGIN];
    const usable = height - TOOLS_HEIGHT;
    const whole = Math.min(width / (right - left), usable / (bottom - top), 1.25);
    const scale = Math.max(whole, minimum);
    const { x, y } = this.places.get(center) ?? { x: (left + right) / 2, y: (top + bottom) / 2 };
    this.view = { scale, x: align(x, left, right, width, scale), y: align(y, top, bottom, usable, scale) };
    this.apply();
  }

  // Move the picture so that an element is in the window.
  reveal(number, isCentered = false) {
    const place = this.places.get(number);
    if (!place) return;
    const { x, y, scale } = this.view;
    const [width, height] = [this.root.clientWidth, this.root.clientHeight];
    const [at, above] = [x + place.x * scale, y + place.y * scale];
    const [halfWidth, halfHeight] = [(NODE_WIDTH / 2) * scale + 12, (NODE_HEIGHT / 2) * scale + 12];
    const isInside = at > halfWidth && at < width - halfWidth && above > halfHeight && above < height - halfHeight;
    if (isCentered || !isInside) this.move(width / 2 - at, height / 2 - above);
  }

  listen() {
    const pointers = new Map();
    let distance = 0, moved = 0;
    this.root.addEventListener("wheel", (event) => {
      event.preventDefault();
      const { left, top } = this.root.getBoundingClientRect();
      const pixels = event.deltaMode ? event.deltaY * 20 : event.deltaY;
      this.zoom(Math.exp(-pixels * (event.ctrlKey ? 0.01 : 0.0015)), event.clientX - left, event.clientY - top);
    }, { passive: false });
    this.root.addEventListener("pointerdown", (event) => {
      if (event.button) return;
      if (!pointers.size) moved = 0;
      pointers.set(event.pointerId, [event.clientX, event.clientY]);
      distance = spread(pointers);
    });
    window.addEventListener("pointermove", (event) => {
      const last = pointers.get(event.pointerId);
      if (!last) return;
      const [dx, dy] = [event.clientX - last[0], event.clientY - last[1]];
      pointers.set(event.pointerId, [event.clientX, event.clientY]);
      moved += Math.abs(dx) + Math.abs(dy);
      if (moved < 4) return;
      this.root.classList.add("dragged");
      this.move(dx / pointers.size, dy / pointers.size);
      if (pointers.size === 2) {
        const { left, top } = this.root.getBoundingClientRect();
        const [[ax, ay], [bx, by]] = pointers.values();
        this.zoom(spread(pointers) / distance, (ax + bx) / 2 - left, (ay + by) / 2 - top);
        distance = spread(pointers);
      }
    });
    for (const end of ["pointerup", "pointercancel"]) {
      window.addEventListener(end, (event) => {
        pointers.delete(event.pointerId);
        distance = spread(pointers);
        this.root.classList.remove("dragged");
      });
    }
    this.root.addEventListener("click", (event) => {
      if (moved < 4) this.events.pick(numberAt(event.target));
    });
    this.root.addEventListener("dblclick", (event) => {
      const number = numberAt(event.target);
      if (number !== undefined) this.events.expand(number);
    });
  }
}

// The offset that puts `middle` into the middle of `size` pixels, but leaves no room beside a picture that is larger.
function align(middle, first, last, size, scale) {
  const isSmaller = (last - first) * scale <= size;
  if (isSmaller) return (size - (first + last) * scale) / 2;
  return Math.min(-first * scale, Math.max(size - last * scale, size / 2 - middle * scale));
}

function numberAt(target) {
  const node = target.closest?.(".node");
  return node ? Number(node.dataset.number) : undefined;
}

function spread(pointers) {
  const [first, second] = pointers.values();
  return second ? Math.hypot(first[0] - second[0], first[1] - second[1]) || 1 : 1;
}

function describeNode(element, hidden) {
  const rest = hidden ? `, ${hidden} more ${hidden === 1 ? "neighbour" : "neighbours"}` : "";
  return visible(`${element.title}, ${typeOf(element)}${rest}`);
}

function shape(kind) {
  const [width, height] = [NODE_WIDTH / 2, NODE_HEIGHT / 2];
  if (kind === "activity") return svg("rect", { x: -width, y: -height, width: NODE_WIDTH, height: NODE_HEIGHT, rx: 2 });
  if (kind === "agent") {
    return svg("path", { d: `M${-width} ${height}V${-height / 2}L0 ${-height}L${width} ${-height / 2}V${height}Z` });
  }
  return svg("rect", { x: -width, y: -height, width: NODE_WIDTH, height: NODE_HEIGHT, rx: height });
}

// A smooth path through the points of a line, which leaves each of them in the direction of the layers.
function curve(points, direction) {
  let [{ x, y }] = points;
  let path = `M${x} ${y}`;
  for (const next of points.slice(1)) {
    const [middleX, middleY] = [(x + next.x) / 2, (y + next.y) / 2];
    if (direction === "straight") path += `L${next.x} ${next.y}`;
    else path += direction === "RL" ? `C${middleX} ${y} ${middleX} ${next.y} ${next.x} ${next.y}`
      : `C${x} ${middleY} ${next.x} ${middleY} ${next.x} ${next.y}`;
    ({ x, y } = next);
  }
  return path;
}
