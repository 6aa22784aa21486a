// Words, numbers, colours, pictures: the small parts that every panel is made of.

const texts = { en: JSON.parse($('text-en').textContent), zh: JSON.parse($('text-zh').textContent) };
let language = 'en';

/** A text of the current language with its {holes} filled. */
function t(key, holes = {}) {
  const text = texts[language][key];
  if (text == null) return key;
  return text.replace(/\{(\w+)\}/g, (_, name) => (name in holes ? holes[name] : ''));
}

const longNames = { still: 'data-static', test: 'data-testid', label: 'aria-label', mute: 'aria-hidden' };
const numberOf = (event) => Number(event.target.value);
/** The sentence that a window ends with. */
const answer = (...children) => el('p.result', { test: 'result' }, ...children);

/** An element `tag` or `tag.classes`; attributes may be left out; children are elements or texts. */
function el(tag, attributes = {}, ...children) {
  const [name, classes] = tag.split('.'), node = document.createElement(name);
  if (classes) node.className = classes;
  if (!attributes || Object.getPrototypeOf(attributes) !== Object.prototype) {
    children.unshift(attributes);
    attributes = {};
  }
  for (const [key, value] of Object.entries(attributes)) {
    if (key === 'class') node.className = value;
    else if (key.startsWith('on')) node.addEventListener(key.slice(2), value);
    else if (value || value === 0 || value === '') node.setAttribute(longNames[key] || key, value === true ? '' : value);
  }
  node.append(...children.flat().filter((child) => child != null));
  return node;
}

/** An element of an SVG picture. */
function shape(tag, attributes, ...children) {
  const node = document.createElementNS('http://www.w3.org/2000/svg', tag);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(longNames[key] || key, value);
  node.append(...children);
  return node;
}

/** A sentence whose {holes} are elements. */
function sentence(key, holes = {}) {
  return texts[language][key].split(/(\{\w+\})/).filter(Boolean).map((part) => {
    const name = part.slice(1, -1);
    return part.startsWith('{') && name in holes ? holes[name] : part;
  });
}

/** Four significant digits, with a real minus sign; never "-0". */
function format(v) {
  if (v == null) return '·';
  if (!Number.isFinite(v)) return String(v);
  if (v === 0) return '0';
  const size = abs(v);
  const text = size >= 1e6 || size < 1e-4 ? v.toExponential(3) : String(Number(v.toPrecision(4)));
  return text.replace(/-/g, '−');
}

const group = (n) => String(n).replace(/\B(?=(\d{3})+(?!\d))/g, ',');
const calculations = new WeakMap(); // number on the page -> how to compute it again

/** Exactly what a number is, in as few digits as bring it back. */
function exact(v) {
  if (Math.fround(v) === v) for (let digits = 1; digits < 10; digits++) if (Math.fround(Number(v.toPrecision(digits))) === v) return String(Number(v.toPrecision(digits)));
  return String(v);
}

/** A number that can be traced: where it comes from, and exactly what it is. */
function num(source, v, again) {
  const node = el('span.n', { 'data-src': source, 'data-v': exact(v), title: source }, format(v));
  if (again) calculations.set(node, again);
  return node;
}
/** A whole number from the description of the network. */
const count = (source, v) => el('span.n', { 'data-src': source, 'data-v': String(v) }, group(v));
/** Text with digits that is not a measurement: a name, a size in prose. */
const plain = (text) => el('span', { still: true }, text);
const code = (text) => el('code', { still: true }, text);
const shapeText = (shape) => shape.join('×');

const place = (name, c, y, x) => {
  const shape = (byName.get(name) || {}).shape || [];
  return shape.length === 3 ? `${name}[${c},${y},${x}]` : `${name}[${c}]`;
};
const cellNumber = (name, c, y, x) => num(place(name, c, y, x), value(name, c, y, x));

// --- Colour -------------------------------------------------------------------------------------

const maps = run.colours; // signed and positive: 256 colours each, as in the pictures' palettes

function colourOf(v, low, high, signed) {
  const table = signed ? maps.signed : maps.positive;
  const share = high > low ? (v - low) / (high - low) : signed ? 0.5 : 0;
  const at = max(0, min(255, round(share * 255))) * 6;
  return [0, 2, 4].map((k) => parseInt(table.slice(at + k, at + k + 2), 16));
}

function inkOn([r, g, b]) {
  const linear = [r, g, b].map((v) => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
  const light = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
  return light > 0.179 ? '#000' : '#fff';
}

function paint(node, v, limit, signed = true) {
  const rgb = signed ? colourOf(v, -limit, limit, true) : colourOf(v, 0, limit, false);
  node.style.background = `rgb(${rgb.join(',')})`;
  node.style.color = inkOn(rgb);
  node.classList.toggle('negative', v < 0);
}

/** The range of one channel's picture; the layer's where all share one scale. */
function rangeOf(layer, c) {
  const sprite = layer.sprite, at = sprite ? sprite.channels.indexOf(c) : -1;
  if (at >= 0 && !state.sameScale) return sprite.ranges[at];
  return layer.stat.min < 0
    ? [-max(-layer.stat.min, layer.stat.max), max(-layer.stat.min, layer.stat.max)]
    : [0, layer.stat.max];
}

/** One channel as a picture: exact numbers where the page has them, else its thumbnail enlarged. */
function mapPicture(name, c) {
  const [, H, W] = sizes(name), layer = byName.get(name);
  const canvas = el('canvas', { width: W, height: H, class: 'map', role: 'img', label: t('map.alt', { name, n: c }) });
  const context = canvas.getContext('2d');
  if (whole.has(name)) {
    const data = context.createImageData(W, H), numbers = whole.get(name);
    const [low, high] = name === 'input' ? inputRange(c) : rangeOf(layer, c), signed = name === 'input' ? false : low < 0;
    for (let i = 0; i < H * W; i++) {
      const v = numbers[c * H * W + i];
      const rgb = name === 'input'
        ? Array(3).fill(high > low ? 255 * (v - low) / (high - low) : 0)
        : colourOf(v, low, high, signed);
      data.data.set([...rgb, 255], i * 4);
    }
    context.putImageData(data, 0, 0);
  } else if (layer.sprite) {
    const at = layer.sprite.channels.indexOf(c), image = $('maps-' + layer.index);
    if (at >= 0 && image) {
      const { columns, h, w } = layer.sprite;
      context.imageSmoothingEnabled = true;
      context.drawImage(image, (at % columns) * w, floor(at / columns) * h, w, h, 0, 0, W, H);
    }
  }
  return canvas;
}

function inputRange(c) {
  const numbers = whole.get('input'), [, H, W] = sizes('input');
  let low = Infinity, high = -Infinity;
  for (let i = c * H * W; i < (c + 1) * H * W; i++) { low = min(low, numbers[i]); high = max(high, numbers[i]); }
  return [low, high];
}

/** A bar of the colours with the numbers at its ends. */
function colourBar(layer, c) {
  const [low, high] = rangeOf(layer, c), canvas = el('canvas', { width: 128, height: 1, mute: 'true' });
  const context = canvas.getContext('2d'), data = context.createImageData(128, 1);
  for (let i = 0; i < 128; i++) data.data.set([...colourOf(i, 0, 127, low < 0), 255], i * 4);
  context.putImageData(data, 0, 0);
  const source = (which) => `range:${layer.name}[${c}].${which}`;
  return el('div.bar', num(source('low'), low, () => rangeOf(layer, c)[0]), canvas, num(source('high'), high, () => rangeOf(layer, c)[1]));
}

/** A picture in a frame that boxes can be laid on. */
function framed(canvas, attributes = {}) {
  return el('div.framed', { ...attributes }, canvas);
}

function lay(frame, kind, top, left, height, width, H, W) {
  let box = frame.querySelector('.' + kind);
  if (!box) frame.append(box = el('div', { class: 'box ' + kind, mute: 'true' }));
  const style = box.style;
  style.top = 100 * top / H + '%';
  style.left = 100 * left / W + '%';
  style.height = 100 * height / H + '%';
  style.width = 100 * width / W + '%';
  return box;
}

/** A histogram of twenty bins as bars. */
function histogram(counts, label) {
  const most = log1p(max(...counts, 1));
  return shape('svg', { viewBox: '0 0 200 60', preserveAspectRatio: 'none', class: 'histogram', role: 'img', label }, ...counts.map((n, i) => {
    const height = 58 * log1p(n) / most;
    return shape('rect', { x: i * 10 + 0.5, y: 60 - height, width: 9, height });
  }));
}
