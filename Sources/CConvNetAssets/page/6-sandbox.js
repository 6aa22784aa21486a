// The sandbox: a small convolution that this page computes itself, on a cut of the picture.

const sandbox = { h: 8, k: 3, p: 0, s: 1, d: 1, kernel: 'edge', y: 0, x: 0 };
const sandboxKernels = {
  edge: (u, v, k) => v === 0 ? -1 : v === k - 1 ? 1 : 0, across: (u, v, k) => u === 0 ? -1 : u === k - 1 ? 1 : 0,
  blur: (u, v, k) => 1 / (k * k), sharpen: (u, v, k) => (2 * u === k - 1 && 2 * v === k - 1 ? 2 : 0) - 1 / (k * k),
};

/** The size formula; whatever is below 1 does not fit. */
function outputSize(h, k, p, s, d) { return floor((h + 2 * p - d * (k - 1) - 1) / s) + 1; }

function showSandbox() {
  const { h, k, p, s, d } = sandbox, [, H, W] = run.input.shape, room = h + 2 * p - d * (k - 1) - 1;
  const size = room < 0 ? 0 : outputSize(h, k, p, s, d), node = $('sandbox-body');
  const slider = (key, low, high) => el('label', t('sandbox.' + key), ' ', el('output', { still: true }, String(sandbox[key])),
    el('input', { type: 'range', min: low, max: high, value: sandbox[key], test: 'sandbox-' + key, oninput: (e) => { sandbox[key] = numberOf(e); showSandbox(); find('@sandbox-' + key).focus(); } }));
  const top = max(0, floor((H - h) / 2)), left = max(0, floor((W - h) / 2));
  const at = (i, j) => (i < 0 || j < 0 || i >= h || j >= h) ? 0 : value('input', 0, min(H - 1, top + i), min(W - 1, left + j)) || 0;
  const made = times(size * size, (n) => { let sum = 0; for (let u = 0; u < k; u++) for (let v = 0; v < k; v++) sum += at(floor(n / size) * s - p + u * d, (n % size) * s - p + v * d) * sandboxKernels[sandbox.kernel](u, v, k); return sum; });
  sandbox.y = min(sandbox.y, max(0, size - 1)); sandbox.x = min(sandbox.x, max(0, size - 1));
  const span = h + 2 * p, limitIn = max(...times(h * h, (n) => abs(at(floor(n / h), n % h))), 1e-9), limitOut = max(...made.map(abs), 1e-9);
  const under = (i, j) => { const [a, b] = [i - sandbox.y * s, j - sandbox.x * s]; return size > 0 && a >= 0 && b >= 0 && a % d === 0 && b % d === 0 && a / d < k && b / d < k; };
  const number = (v) => el('span.n', { 'data-src': 'sandbox:', still: true }, v.toFixed(1).replace('-0.0', '0.0').replace('-', '−'));
  const left_ = matrix(span, span, (i, j) => { const [a, b] = [i - p, j - p], hatched = a < 0 || b < 0 || a >= h || b >= h; return { node: number(hatched ? 0 : at(a, b)), number: hatched ? undefined : at(a, b), hatched, framed: under(i, j) }; }, limitIn, t('input'), 'tiny');
  const kernel = matrix(k, k, (u, v) => ({ node: number(sandboxKernels[sandbox.kernel](u, v, k)), number: sandboxKernels[sandbox.kernel](u, v, k) }), 1, t('window.kernel'), 'tiny');
  const right = size > 0 ? matrix(size, size, (i, j) => ({ node: number(made[i * size + j]), number: made[i * size + j], framed: i === sandbox.y && j === sandbox.x }), limitOut, t('output'), 'tiny') : el('p.note', t('sandbox.invalid'));
  if (size > 0) right.addEventListener('click', (e) => { const cell = e.target.closest('td'); if (!cell) return; sandbox.y = cell.parentNode.rowIndex; sandbox.x = cell.cellIndex; showSandbox(); });
  const unused = room >= 0 ? room % s : 0;
  node.replaceChildren(
    el('div.sliders', slider('h', 1, 8), slider('k', 1, 5), slider('p', 0, 3), slider('s', 1, 4), slider('d', 1, 3),
      el('label', t('sandbox.kernel'), ' ', el('select', { test: 'sandbox-kernel', onchange: (e) => { sandbox.kernel = e.target.value; showSandbox(); } }, Object.keys(sandboxKernels).map((name) => el('option', { value: name, selected: name === sandbox.kernel }, t('sandbox.' + name)))))),
    el('p.formula', { test: 'sandbox-formula', still: true }, `⌊(${h} + 2·${p} − ${d}·(${k} − 1) − 1) / ${s}⌋ + 1 = ${room < 0 ? t('sandbox.none') : size}`),
    el('p.note', room < 0 ? sentence('sandbox.why', { k: plain(d * (k - 1) + 1), h: plain(h + 2 * p) }) : unused ? sentence('formula.unused', { n: plain(unused) }) : t('sandbox.fits')),
    el('div.equation scroll', { tabindex: '0' }, el('figure', left_, el('figcaption', t('input'))), el('span.sign', '∗'), el('figure', kernel, el('figcaption', t('window.kernel'))), el('span.sign', '='), el('figure', right, el('figcaption', t('output')))));
}
