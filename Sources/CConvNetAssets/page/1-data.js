'use strict';
// The numbers of the run: decoding, looking up by name and place, deriving what follows from others.

const { max, min, abs, floor, round, exp, log1p } = Math;
const times = (count, make) => Array.from({ length: count }, (_, i) => make(i));
const $ = (id) => document.getElementById(id);
const one = (selector) => document.querySelector(selector), all = (selector) => document.querySelectorAll(selector);
/** An element by its id, or by @ and the name that tests know it by. */
const find = (name) => name[0] === '@' ? one(`[data-testid="${name.slice(1)}"]`) : $(name);
const run = JSON.parse($('run').textContent);
const layers = run.layers;
const byName = new Map(layers.map((layer, index) => [layer.name, Object.assign(layer, { index })]));
byName.set('scores', { name: 'scores', shape: [run.probabilities.length] });
byName.set('input', Object.assign(run.input, { name: 'input', kind: 'input', index: -1 }));

const boxes = new Map(); // tensor name -> boxes with their numbers
const whole = new Map(); // tensor name -> Float32Array of everything

/** A blob's floats: base64, deflate, bytes sorted by significance. */
async function decode(id) {
  const bytes = Uint8Array.from(atob($(id).textContent.trim()), (c) => c.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('deflate'));
  const shuffled = new Uint8Array(await new Response(stream).arrayBuffer());
  const count = shuffled.length / 4;
  const plain = new Uint8Array(shuffled.length);
  for (let i = 0; i < count; i++)
    for (let k = 0; k < 4; k++) plain[i * 4 + k] = shuffled[k * count + i];
  return new Float32Array(plain.buffer);
}

/** The sizes of a tensor as channels, height, width; a list of numbers is one pixel of many channels. */
function sizes(name) {
  const shape = (byName.get(name) || {}).shape || [];
  return shape.length === 3 ? shape : [shape.reduce((a, b) => a * b, 1), 1, 1];
}

/** One number, or undefined where the page does not hold it. */
function value(name, c, y = 0, x = 0) {
  const all = whole.get(name);
  if (all) {
    const [C, H, W] = sizes(name);
    return c < C && y < H && x < W && c >= 0 && y >= 0 && x >= 0 ? all[(c * H + y) * W + x] : undefined;
  }
  for (const box of boxes.get(name) || []) {
    if (y < box.y || x < box.x || y >= box.y + box.h || x >= box.x + box.w) continue;
    const row = box.rows ? box.rows.indexOf(c) : c;
    if (row < 0 || row >= box.n) continue;
    return box.data[(row * box.h + y - box.y) * box.w + x - box.x];
  }
  return undefined;
}

/** The picture's samples become the network's numbers by the same steps in single precision. */
async function inputFromPicture() {
  const image = $('picture');
  await image.decode();
  const [C, H, W] = run.input.shape;
  const canvas = document.createElement('canvas');
  canvas.width = W;
  canvas.height = H;
  const context = canvas.getContext('2d', { willReadFrequently: true });
  context.drawImage(image, 0, 0);
  const pixels = context.getImageData(0, 0, W, H).data;
  const f = Math.fround, out = new Float32Array(C * H * W);
  for (let c = 0; c < C; c++) {
    const mean = f(run.photo.mean[c]), deviation = f(run.photo.std[c]);
    for (let i = 0; i < H * W; i++) out[c * H * W + i] = f(f(f(pixels[i * 4 + c] / 255) - mean) / deviation);
  }
  return out;
}

/** What follows bit for bit from earlier tensors is not stored but computed here. */
function derive(layer) {
  const [C, H, W] = sizes(layer.name), out = new Float32Array(C * H * W);
  const from = layer.inputs.map((name) => whole.get(name));
  if (from.some((numbers) => !numbers)) return null;
  const x = from[0];
  switch (layer.kind) {
    case 'relu':
      for (let i = 0; i < out.length; i++) out[i] = x[i] < 0 ? 0 : x[i];
      return out;
    case 'copy':
      out.set(x);
      return out;
    case 'add':
      for (let i = 0; i < out.length; i++) out[i] = x[i] + from[1][i];
      return out;
    case 'concat': {
      let at = 0;
      for (const part of from) { out.set(part, at); at += part.length; }
      return out;
    }
    case 'maxpool':
      for (let c = 0; c < C; c++) for (let i = 0; i < H; i++) for (let j = 0; j < W; j++)
        out[(c * H + i) * W + j] = largest(layer, c, i, j);
      return out;
  }
  return null;
}

/** The cells of the input under one output position: rows, columns, outside or not. */
function cellsUnder(layer, y, x) {
  const a = layer.attr, [, H, W] = sizes(layer.inputs[0]), cells = [];
  if (layer.kind === 'adaptive') {
    const [, h, w] = sizes(layer.name);
    const from = (p, n, m) => [floor(p * n / m), Math.ceil((p + 1) * n / m)];
    const [top, bottom] = from(y, H, h), [left, right] = from(x, W, w);
    for (let i = top; i < bottom; i++) for (let j = left; j < right; j++) cells.push({ i, j, u: i - top, v: j - left, inside: true });
    return { rows: bottom - top, columns: right - left, cells };
  }
  for (let u = 0; u < a.kernel[0]; u++) for (let v = 0; v < a.kernel[1]; v++) {
    const i = y * a.stride[0] + u * a.dilation[0] - a.padding[0];
    const j = x * a.stride[1] + v * a.dilation[1] - a.padding[2];
    cells.push({ i, j, u, v, inside: i >= 0 && j >= 0 && i < H && j < W });
  }
  return { rows: a.kernel[0], columns: a.kernel[1], cells };
}

function largest(layer, c, y, x) {
  let best = -Infinity;
  for (const cell of cellsUnder(layer, y, x).cells) {
    if (!cell.inside) continue;
    const v = value(layer.inputs[0], c, cell.i, cell.j);
    if (v == null) return undefined;
    if (v > best) best = v;
  }
  return best;
}

/** The channels of a convolution's input that one output channel looks at. */
function inputChannels(layer, c) {
  const [inC] = sizes(layer.inputs[0]), [outC] = sizes(layer.name), groups = layer.attr.groups;
  const per = inC / groups, first = floor(c / (outC / groups)) * per;
  return times(per, (k) => first + k);
}

/** One convolution, written out: per input channel its products' sum, then the bias. */
function convolution(layer, c, y, x) {
  const under = cellsUnder(layer, y, x), kw = layer.attr.kernel[1];
  let sum = 0, magnitude = 0;
  const partial = [];
  for (const [k, channel] of inputChannels(layer, c).entries()) {
    let part = 0;
    for (const cell of under.cells) {
      if (!cell.inside) continue;
      const a = value(layer.inputs[0], channel, cell.i, cell.j);
      const w = value('weight:' + layer.name, c, k, cell.u * kw + cell.v);
      if (a == null || w == null) return null;
      part += a * w;
      magnitude += abs(a * w);
    }
    partial.push({ channel, part });
    sum += part;
  }
  const bias = layer.attr.bias ? value('bias:' + layer.name, c) : 0;
  return { partial, bias, sum: sum + bias, magnitude: magnitude + abs(bias), under };
}

/** Batch norm as one line per channel: y = scale * x + shift. */
function folded(layer, c) {
  const [gamma, beta, mean, variance] = [0, 1, 2, 3].map((row) => value('bn:' + layer.name, row, 0, c));
  if (gamma == null) return null;
  const scale = gamma / Math.sqrt(variance + layer.attr.epsilon);
  return { gamma, beta, mean, variance, scale, shift: beta - mean * scale };
}

function average(layer, c, y, x) {
  const { cells } = cellsUnder(layer, y, x);
  let sum = 0, magnitude = 0, inside = 0;
  for (const cell of cells) {
    if (!cell.inside) continue;
    const v = value(layer.inputs[0], c, cell.i, cell.j);
    if (v == null) return null;
    sum += v; magnitude += abs(v); inside++;
  }
  let divisor = inside;
  if (layer.kind === 'avgpool') {
    const a = layer.attr, [, H, W] = sizes(layer.inputs[0]);
    if (a.divisor) divisor = a.divisor;
    else if (a.countPad) {
      const span = (p, k, s, before, after, n) => min(p * s - before + k, n + after) - (p * s - before);
      divisor = span(y, a.kernel[0], a.stride[0], a.padding[0], a.padding[1], H)
        * span(x, a.kernel[1], a.stride[1], a.padding[2], a.padding[3], W);
    }
  }
  return { sum, divisor, mean: sum / divisor, magnitude: magnitude / divisor, inside };
}

function linear(layer, o) {
  const n = sizes(layer.inputs[0])[0] * sizes(layer.inputs[0])[1] * sizes(layer.inputs[0])[2];
  const source = layer.inputs[0], [, H, W] = sizes(source), terms = [];
  for (let i = 0; i < n; i++) {
    const w = value('weight:' + layer.name, o, i, 0);
    const c = floor(i / (H * W)), rest = i % (H * W);
    const x = value(source, c, floor(rest / W), rest % W);
    if (w == null || x == null) return null;
    terms.push({ i, x, w, product: x * w });
  }
  const bias = layer.attr.bias ? value('bias:' + layer.name, o) : 0;
  return {
    terms, bias, sum: terms.reduce((s, t) => s + t.product, 0) + bias,
    magnitude: terms.reduce((s, t) => s + abs(t.product), 0) + abs(bias),
  };
}

/** Everything is decoded once; whoever needs numbers waits for this. */
const ready = (async () => {
  whole.set('input', await inputFromPicture());
  const cache = new Map();
  for (const box of run.boxes) {
    if (!cache.has(box.blob)) cache.set(box.blob, await decode(box.blob));
    box.n = box.rows ? box.rows.length : box.n;
    box.data = cache.get(box.blob).subarray(box.at, box.at + box.n * box.h * box.w);
    if (box.data.length !== box.n * box.h * box.w) throw new Error('short blob ' + box.blob);
    if (!boxes.has(box.t)) boxes.set(box.t, []);
    boxes.get(box.t).push(box);
    if (box.all) whole.set(box.t, box.data);
  }
  for (const layer of layers) {
    if (whole.has(layer.name) || !layer.derived) continue;
    const numbers = derive(layer);
    if (numbers) whole.set(layer.name, numbers);
  }
})();
