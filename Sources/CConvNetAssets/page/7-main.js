// What is on the page, what the address says, and what happens on a key or a click.

/** Changes what is shown; focus names the element that keeps the keyboard. */
function go(change, focus) {
  Object.assign(state, change);
  const [C, H, W] = sizes(state.layer.name);
  state.c = max(0, min(C - 1, state.c)); state.y = max(0, min(H - 1, state.y)); state.x = max(0, min(W - 1, state.x));
  showLayer();
  showField();
  rememberInAddress();
  if (!focus) return;
  const node = find(focus);
  if (node) node.focus({ preventScroll: true });
}

function chooseLayer(layer) {
  pause();
  const c = layer.kept.length ? layer.kept[0] : 0;
  state.layer = layer; state.input = 'all';
  all('.stage').forEach((node) => { const on = Number(node.dataset.index) === layer.index; node.setAttribute('aria-selected', String(on)); node.tabIndex = on ? 0 : -1; });
  all('#table tr[data-index]').forEach((node) => node.classList.toggle('current', Number(node.dataset.index) === layer.index));
  go({ c, ...peakOf(layer, c) });
}

/** What the chosen position sees of the picture. */
function showField() {
  const layer = state.layer, box = $('field'), note = $('field-note'), [, H, W] = run.input.shape;
  box.hidden = !layer.rf;
  if (!layer.rf) { note.replaceChildren(); return; }
  const span = ([size, jump, offset], at, limit) => { const from = layer.rf.global ? 0 : offset + jump * at, to = layer.rf.global ? limit : from + size; return [max(0, from), min(limit, to)]; };
  const [top, bottom] = span(layer.rf.h, state.y, H), [left, right] = span(layer.rf.w, state.x, W);
  box.style.top = 100 * top / H + '%'; box.style.height = 100 * max(0, bottom - top) / H + '%';
  box.style.left = 100 * left / W + '%'; box.style.width = 100 * max(0, right - left) / W + '%';
  box.dataset.field = [top, left, bottom - top, right - left].join(',');
  note.replaceChildren(...sentence(layer.rf.global ? 'field.note.all' : 'field.note', { layer: code(layer.name), place: plain(`(${state.y}, ${state.x})`), size: plain(`${format(bottom - top)}×${format(right - left)}`) }));
}

function showHeat() {
  const overlay = $('heat'), note = $('heat-note'), heat = run.heat.find((h) => h.class === state.heatClass) || run.heat[0];
  overlay.hidden = state.heat === 'none' || !heat;
  if (overlay.hidden) { note.replaceChildren(t(run.heat.length ? 'heat.off' : 'heat.impossible')); return; }
  const name = (state.heat === 'evidence' ? 'heat:' : 'cam:') + heat.class, box = (boxes.get(name) || [])[0], signed = state.heat === 'evidence';
  const limit = max(...box.data.map(abs), 1e-30);
  overlay.width = box.w; overlay.height = box.h;
  const context = overlay.getContext('2d'), data = context.createImageData(box.w, box.h);
  box.data.forEach((v, i) => data.data.set([...(signed ? colourOf(v, -limit, limit, true) : colourOf(v, 0, limit, false)), 40 + 200 * abs(v) / limit], i * 4));
  context.putImageData(data, 0, 0);
  const sum = () => box.data.reduce((s, v) => s + v, 0);
  if (signed) note.replaceChildren(...sentence('heat.sum', { sum: num(`calc:sum(heat:${heat.class})`, sum(), sum), rest: num(`calc:rest(heat:${heat.class})`, heat.rest, () => heat.rest), score: num(`score:${heat.class}`, whole.get('scores')[heat.class]), layer: code(run.heatLayer) }));
  else note.replaceChildren(...sentence('heat.cam', { layer: code(run.heatLayer), most: num(`calc:max(cam:${heat.class})`, max(...box.data), () => max(...box.data)) }));
}

/** Arcs over the pipeline where a layer reads another one than the one before it. */
function drawArcs() {
  const stages = $('stages'), nodes = [...all('.stage')], top = (node) => node.offsetTop + node.querySelector('.face').offsetTop;
  const center = (node) => node.offsetLeft + 30, ends = [];
  for (const layer of layers) for (const name of layer.inputs) {
    const from = byName.get(name).index;
    if (from >= 0 && from < layer.index - 1) ends.push([nodes[from], nodes[layer.index]]);
  }
  if (!ends.length) return;
  stages.classList.add('branched');
  stages.append(shape('svg', { class: 'arcs', mute: 'true', width: stages.scrollWidth, height: stages.scrollHeight }, ...ends.map(([a, b]) => {
    const [x, y, X, Y] = [center(a), top(a) - 4, center(b), top(b) - 6], peak = max(4, min(y, Y) - 24 - (X - x) / 40);
    return shape('path', { d: `M${x} ${y}C${x} ${peak} ${X} ${peak} ${X} ${Y}m-3 -5l3 5l3 -5` });
  })));
}

// --- Language, theme, address ------------------------------------------------------------------

function translate() {
  document.documentElement.lang = language === 'zh' ? 'zh-Hans' : 'en';
  for (const node of all('[data-t]')) {
    const holes = {};
    for (const hole of node.querySelectorAll('[data-hole]')) holes[hole.dataset.hole] = hole;
    node.replaceChildren(...sentence(node.dataset.t, holes));
  }
  for (const node of all('[data-t-label]')) node.setAttribute('aria-label', t(node.dataset.tLabel, node.dataset));
  document.title = t('title', { name: run.photo.name });
}

function setLanguage(next) {
  language = next;
  all('[data-lang]').forEach((node) => node.setAttribute('aria-pressed', String(node.dataset.lang === next)));
  translate();
  if (state.layer) { showLayer(); showField(); showHeat(); showSandbox(); rememberInAddress(); }
  $('badge').replaceChildren(t('verify.pending'));
  if (document.body.dataset.ready) verify();
}

function setTheme(next) {
  if (next) document.documentElement.dataset.theme = next; else delete document.documentElement.dataset.theme;
  state.theme = next;
}

function rememberInAddress() {
  const parts = { layer: state.layer.name, tab: state.tab, c: state.c, y: state.y, x: state.x, lang: language };
  if (state.theme) parts.theme = state.theme;
  if (state.heat !== 'none') Object.assign(parts, { heat: state.heat, class: state.heatClass });
  if (state.input !== 'all') parts.input = state.input;
  try { history.replaceState(null, '', '#' + new URLSearchParams(parts)); } catch (error) { /* an address is a convenience */ }
}

function readAddress() {
  const asked = new URLSearchParams(location.hash.slice(1)), layer = byName.get(asked.get('layer') || run.open.layer);
  setTheme(asked.get('theme'));
  language = asked.get('lang') || (run.language !== 'auto' ? run.language : /^zh/.test(navigator.language || '') ? 'zh' : 'en');
  if (!texts[language]) language = 'en';
  const first = layer && layer.index >= 0 ? layer : layers[0];
  const c = Number(asked.get('c') || (run.open.channel ?? first.kept[0] ?? 0)), place_ = asked.has('y') ? { y: Number(asked.get('y')), x: Number(asked.get('x')) } : run.open.y != null ? { y: run.open.y, x: run.open.x } : null;
  return { first, c, place: place_, tab: asked.get('tab') || 'window', heat: asked.get('heat') || 'none', heatClass: Number(asked.get('class') ?? (run.heat[0] || {}).class), input: asked.get('input') || 'all' };
}

/** A dump of the run brings every number: safetensors, taken only where each layer's sum fits. */
async function loadDump(file) {
  const note = $('dump-note');
  try {
    const buffer = await file.arrayBuffer(), length = Number(new DataView(buffer).getBigUint64(0, true));
    const header = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 8, length)));
    const found = [];
    for (const layer of layers) {
      const entry = header[layer.name];
      if (!entry) continue;
      const numbers = new Float32Array(buffer.slice(8 + length + entry.data_offsets[0], 8 + length + entry.data_offsets[1]));
      if ((await sha256(numbers)) !== layer.sha) throw new Error(layer.name);
      found.push([layer, numbers]);
    }
    if (!found.length) throw new Error(file.name);
    for (const [layer, numbers] of found) { whole.set(layer.name, numbers); layer.dumped = true; }
    note.replaceChildren(...sentence('dump.good', { n: plain(found.length) }));
    go({});
  } catch (error) { note.replaceChildren(...sentence('dump.bad', { name: code(error.message) })); }
}

document.body.dataset.verify = 'pending';
(async () => {
  try {
    const start = readAddress();
    setLanguage(language);
    await ready;
    for (const node of all('.stage')) node.addEventListener('click', () => chooseLayer(layers[Number(node.dataset.index)]));
    roving($('stages'));
    for (const node of all('#table tr[data-index] button')) node.addEventListener('click', () => { chooseLayer(layers[Number(node.closest('tr').dataset.index)]); $('layer').scrollIntoView(); });
    for (const node of all('[data-lang]')) node.addEventListener('click', () => setLanguage(node.dataset.lang));
    $('theme').addEventListener('click', () => { const dark = document.documentElement.dataset.theme ? document.documentElement.dataset.theme === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches; setTheme(dark ? 'light' : 'dark'); rememberInAddress(); });
    for (const node of all('[name="heat"]')) node.addEventListener('change', () => { state.heat = node.value; showHeat(); rememberInAddress(); });
    $('heat-class').addEventListener('change', (event) => { state.heatClass = numberOf(event); showHeat(); rememberInAddress(); });
    $('verify').addEventListener('click', verify);
    $('load-dump').addEventListener('change', (event) => event.target.files[0] && loadDump(event.target.files[0]));
    addEventListener('dragover', (event) => event.preventDefault());
    addEventListener('drop', (event) => { event.preventDefault(); if (event.dataTransfer.files[0]) loadDump(event.dataTransfer.files[0]); });
    Object.assign(state, { tab: start.tab, heat: start.heat, heatClass: start.heatClass });
    chooseLayer(start.first);
    go({ c: start.c, input: start.input, ...(start.place || peakOf(start.first, start.c)) });
    all('[name="heat"]').forEach((node) => { node.checked = node.value === state.heat; });
    $('heat-class').value = String(state.heatClass);
    showHeat();
    showSandbox();
    drawArcs();
    document.body.dataset.ready = 'true';
    performance.mark('ready');
    document.documentElement.classList.add('live');
  } catch (error) {
    document.body.dataset.verify = 'failed';
    $('badge').textContent = t('verify.failed');
    throw error;
  }
  await verify();
})();
