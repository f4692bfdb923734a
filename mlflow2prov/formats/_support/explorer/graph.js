// The graph: elements with their attributes, statements and neighbours, from the statements in the page.
//
// An element is a number, its place in `elements`. A relation is a line between two elements, from effect to cause; a
// relation with a third argument has another line to it.

const DETAIL_TYPES = /^(Argument|Artifact|Content|Metric|ModelArtifact|Package|Param|.*Tag)$/;
const START_TYPES = [
  "RegisteredModelVersion", "LoggedModel", "Run", "PromptVersion", "Experiment", "Commit", "Call",
];
const LABEL_KEYS = ["prov:label", "name", "title", "username", "path"];
const DESCRIBED_KINDS = new Set(["entity", "activity", "agent"]);

function readGraph(source) {
  const elements = [];
  const numbers = new Map();

  function numberOf(bundle, id) {
    const key = `${bundle}\n${id}`;
    let number = numbers.get(key);
    if (number === undefined) {
      number = elements.length;
      numbers.set(key, number);
      elements.push({ number, bundle, id, kind: "", type: "", title: id, attributes: [], times: [],
        lines: [], isDescribed: false });
    }
    return number;
  }

  for (const block of source.blocks.filter((block) => DESCRIBED_KINDS.has(block.kind))) {
    for (const [id, values, attributes] of block.rows) {
      describe(elements[numberOf(block.bundle, id)], block, values, attributes);
    }
  }
  for (const block of source.blocks.filter((block) => !DESCRIBED_KINDS.has(block.kind))) {
    for (const [id, values, attributes] of block.rows) connect(block, id, values, attributes);
  }

  function connect(block, id, values, attributes) {
    const roles = attributes.filter(([key]) => key === "prov:role").map(([, value]) => value);
    const references = block.arguments
      .map((name, place) => ({ name, value: values[place] }))
      .filter(({ name, value }) => value !== null && name !== "time");
    const [effect, ...others] = references;
    const cause = others[0];
    if (!effect || !cause) return;
    const statement = { kind: block.kind, id, block, values, attributes,
      label: [block.kind, ...roles].join(" "), isInferred: attributes.some(([key]) => local(key) === "inferred") };
    const from = numberOf(block.bundle, effect.value);
    join(from, numberOf(block.bundle, cause.value), statement, block.kind);
    const third = others.find(({ name }) => name === block.third);
    if (third && third !== cause) join(from, numberOf(block.bundle, third.value), statement, block.third);
  }

  function join(effect, cause, statement, name) {
    const line = { effect, cause, statement, name };
    elements[effect].lines.push(line);
    if (cause !== effect) elements[cause].lines.push(line);
  }

  for (const element of elements) {
    element.text = [element.title, element.id, element.type, ...element.attributes.map(([, value]) => value)]
      .join("\n").toLowerCase();
  }
  return { elements, numbers, prefixes: source.prefixes, mark: fingerprint(elements) };
}

// Add what a statement says about an element. Several statements may describe the same element.
function describe(element, block, values, attributes) {
  element.isDescribed = true;
  element.kind ||= block.kind;
  element.attributes.push(...attributes);
  block.arguments.forEach((name, place) => {
    if (values[place] !== null) element.times.push([name, values[place]]);
  });
  const type = attributes.find(([key, value]) => key === "prov:type" && !value.startsWith("prov:"));
  element.type ||= type ? local(type[1]) : "";
  const label = firstValue(element, LABEL_KEYS);
  const value = element.attributes.find(([key]) => local(key) === "value");
  if (label) element.title = value ? `${label} = ${value[1]}` : label;
}

function firstValue(element, keys) {
  for (const key of keys) {
    const attribute = element.attributes.find(([name]) => name === key || local(name) === key);
    if (attribute && attribute[1].trim()) return attribute[1];
  }
  return "";
}

function local(name) {
  return name.slice(name.lastIndexOf(":") + 1);
}

function typeOf(element) {
  return element.type || element.kind || "not described";
}

function otherEnd(line, number) {
  return line.effect === number ? line.cause : line.effect;
}

function neighbours(graph, number) {
  return [...new Set(graph.elements[number].lines.map((line) => otherEnd(line, number)))];
}

// The elements that `start` leads to over lines in one direction, nearest first, with up to `limit` that are not in
// `shown`, and whether these are all.
function reach(graph, start, direction, isWanted, shown, limit) {
  const reached = new Set([start]);
  let count = 0;
  for (const number of reached) {
    for (const line of graph.elements[number].lines) {
      const next = direction === "causes" ? line.cause : line.effect;
      const isAhead = (direction === "causes" ? line.effect : line.cause) === number;
      if (!isAhead || reached.has(next) || !isWanted(next)) continue;
      if (!shown.has(next)) count++;
      if (count > limit) return { reached, count: limit, isComplete: false };
      reached.add(next);
    }
  }
  return { reached, count, isComplete: true };
}

// The time of an element: that of its start, or of a statement about it.
function latestTime(element) {
  const times = element.times.map(([, time]) => time);
  for (const { effect, statement } of element.lines) {
    const place = statement.block.arguments.indexOf("time");
    if (effect === element.number && place >= 0 && statement.values[place]) times.push(statement.values[place]);
  }
  return times.sort().at(-1) ?? "";
}

function isDeleted(element) {
  return element.lines.some((line) => line.effect === element.number && line.statement.kind === "wasInvalidatedBy");
}

// The element that a graph too large for one picture begins with: the latest model version, or run, or commit.
function startOf(graph) {
  for (const type of START_TYPES) {
    const candidates = graph.elements.filter((element) => element.type === type && !isDeleted(element));
    if (candidates.length) {
      return candidates.reduce((best, next) => (latestTime(next) >= latestTime(best) ? next : best)).number;
    }
  }
  return graph.elements.reduce((best, next) => (next.lines.length > best.lines.length ? next : best)).number;
}

// A number that two different files hardly share, so that a link to a part of one is not applied to the other.
function fingerprint(elements) {
  let hash = 0x811c9dc5;
  for (const { id } of elements) {
    for (let place = 0; place < id.length; place++) hash = Math.imul(hash ^ id.charCodeAt(place), 0x01000193);
  }
  return (hash >>> 0).toString(36);
}
