// The page checks itself: every tensor's sum, every layer computed again, every shown number looked up.

const hex = (buffer) => [...new Uint8Array(buffer)].map((b) => b.toString(16).padStart(2, '0')).join('');
const sha256 = async (numbers) => hex(await crypto.subtle.digest('SHA-256', numbers.slice().buffer));

/** The number that a source names, from the run's data; undefined where nothing is found. */
function resolve(source) {
  if (source.startsWith('calc:100*')) return 100 * resolve(source.slice(9));
  const colon = source.indexOf(':'), kind = /^[a-z]+:/.test(source) ? source.slice(0, colon) : '';
  const rest = kind ? source.slice(colon + 1) : source;
  const open = rest.lastIndexOf('['), name = open >= 0 ? rest.slice(0, open) : rest;
  const index = open >= 0 ? rest.slice(open + 1, rest.indexOf(']', open)).split(',').map(Number) : [];
  const dot = rest.lastIndexOf('.'), owner = rest.slice(0, dot), key = rest.slice(dot + 1);
  switch (byName.has(source.slice(0, source.lastIndexOf('['))) || kind === '' ? '' : kind) {
    case '': return open < 0 ? undefined : value(byName.has(name) ? name : source.slice(0, source.lastIndexOf('[')), ...index);
    case 'weight': {
      const attr = byName.get(name).attr, kw = attr.kernel ? attr.kernel[1] : 1;
      return value('weight:' + name, index[0], index[1], index.length > 2 ? index[2] * kw + index[3] : 0);
    }
    case 'bias': return value('bias:' + name, index[0]);
    case 'bn': {
      const at = name.lastIndexOf('.');
      return value('bn:' + name.slice(0, at), ['gamma', 'beta', 'mean', 'variance'].indexOf(name.slice(at + 1)), 0, index[0]);
    }
    case 'stat': return byName.get(owner).stat[key];
    case 'hist': return byName.get(name).hist[index[0]];
    case 'atlas': return run.atlas.layers[name].channels[index[0]].values[index[1]];
    case 'score': return value('scores', Number(rest));
    case 'prob': return softmax()[Number(rest)];
    case 'heat': return value('heat:' + name, 0, index[0], index[1]);
    case 'meta': return meta(owner, key);
  }
  return undefined;
}

function meta(owner, key) {
  if (owner === 'run') return run.totals[key];
  const layer = byName.get(owner), [c, h, w] = sizes(owner);
  return {
    channels: c, height: h, width: w, params: layer.params, macs: layer.macs, micros: layer.micros, rf: layer.rf && layer.rf.h[0], jump: layer.rf && layer.rf.h[1],
    epsilon: layer.attr && layer.attr.epsilon,
    inputs: layer.kind === 'conv' ? sizes(layer.inputs[0])[0] / layer.attr.groups : layer.kind === 'linear' ? sizes(layer.inputs[0]).reduce((a, b) => a * b, 1) : undefined,
  }[key];
}

function softmax() {
  const scores = [...whole.get('scores')], largest = max(...scores), powers = scores.map((s) => exp(s - largest)), sum = powers.reduce((a, b) => a + b, 0);
  return powers.map((p) => p / sum);
}

const same = (a, b) => a === b || (Number.isNaN(a) && Number.isNaN(b));
const close = (a, b, size) => abs(a - b) <= 1e-5 * size + 1e-12;

/** All checks; each result is [name, how many, how many wrong, largest relative error]. */
async function checks() {
  const rows = [];
  const check = (name, total, wrong, worst) => rows.push({ name, total, wrong, worst });
  // Sums of what is stored.
  let wrong = 0, numbers = 0;
  const summed = run.boxes.concat([{ t: 'input', data: whole.get('input'), sha: run.input.sha }], layers.filter((l) => l.derived).map((l) => ({ t: l.name, data: whole.get(l.name), sha: l.sha })));
  for (const box of summed) {
    numbers += box.data ? box.data.length : 0;
    if (!box.data || (await sha256(box.data)) !== box.sha) wrong++;
  }
  check('sums', numbers, wrong);
  // Layers computed again from what they read.
  let cells = 0, bad = 0, exact = 0, unequal = 0, worst = 0;
  const compare = (calc, v, size) => { if (size > 0) worst = max(worst, abs(calc - v) / size); cells++; if (!close(calc, v, size)) bad++; };
  for (const layer of layers) {
    const [C, H, W] = sizes(layer.name), places = [];
    const stored = whole.has(layer.name) ? [{ rows: layer.kept, y: 0, x: 0, h: H, w: W }] : (boxes.get(layer.name) || []);
    for (const box of stored) {
      const rows_ = box.rows || times(box.n, (i) => i);
      for (const c of rows_) for (let y = box.y; y < box.y + box.h; y++) for (let x = box.x; x < box.x + box.w; x++) places.push([c, y, x]);
    }
    const step = max(1, floor(places.length * costOf(layer) / 3e6));
    for (let i = 0; i < places.length; i += step) {
      const [c, y, x] = places[i], v = value(layer.name, c, y, x), from = layer.inputs[0];
      if (layer.kind === 'conv') { const f = convolution(layer, c, y, x); if (f) compare(f.sum, v, f.magnitude); }
      else if (layer.kind === 'bn') { const a = value(from, c, y, x), l = folded(layer, c); if (l && a != null) compare(a * l.scale + l.shift, v, abs(a * l.scale) + abs(l.mean * l.scale) + abs(l.beta)); }
      else if (layer.kind === 'linear') { const f = linear(layer, c); if (f) compare(f.sum, v, f.magnitude); }
      else if (layer.kind === 'avgpool' || layer.kind === 'adaptive') { const f = average(layer, c, y, x); if (f) compare(f.mean, v, f.magnitude); }
      else {
        let again;
        if (layer.kind === 'relu') { const a = value(from, c, y, x); if (a != null) again = a < 0 ? 0 : a; }
        else if (layer.kind === 'maxpool') again = largest(layer, c, y, x);
        else if (layer.kind === 'add') { const [a, b] = layer.inputs.map((n) => value(n, c, y, x)); if (a != null && b != null) again = Math.fround(a + b); }
        if (again != null) { exact++; if (!same(again, v)) unequal++; }
      }
    }
    if (whole.has(layer.name)) {
      const all = whole.get(layer.name);
      let low = Infinity, high = -Infinity, total = 0, zeros = 0;
      for (const v of all) { low = min(low, v); high = max(high, v); total += v; if (v === 0) zeros++; }
      exact++;
      const scale = max(abs(low), abs(high), 1e-30);
      if (low !== layer.stat.min || high !== layer.stat.max || abs(total / all.length - layer.stat.mean) > 1e-6 * scale || abs(zeros / all.length - layer.stat.zeros) > 1e-9) unequal++;
    }
  }
  check('layers', cells, bad, worst);
  check('exact', exact, unequal);
  // Scores, shares, evidence.
  const shares = softmax(), scores = whole.get('scores');
  check('shares', shares.length, shares.filter((p, i) => abs(p - run.probabilities[i]) > 1e-9).length + (abs(shares.reduce((a, b) => a + b, 0) - 1) > 1e-9 ? 1 : 0));
  let parts = 0, off = 0;
  for (const heat of run.heat) {
    const map = whole.get('heat:' + heat.class) || (boxes.get('heat:' + heat.class) || [{}])[0].data, size = map.reduce((s, v) => s + abs(v), 0) + abs(heat.rest);
    parts++;
    if (!close(map.reduce((s, v) => s + v, 0) + heat.rest, scores[heat.class], size)) off++;
    const gradient = (boxes.get('gradient:' + heat.class) || [])[0], maps_ = whole.get(run.heatLayer) || ((boxes.get(run.heatLayer) || []).find((b) => b.everything) || {}).data;
    if (!gradient || !maps_) continue;
    for (let i = 0; i < map.length; i++) {
      let sum = 0, most = 0;
      for (let at = i; at < maps_.length; at += map.length) { sum += maps_[at] * gradient.data[at]; most += abs(maps_[at] * gradient.data[at]); }
      parts++;
      if (!close(sum, map[i], most)) off++;
    }
  }
  check('evidence', parts, off);
  // Every number on the page: its source says the same, and so does its text.
  const shown = [...all('[data-v]')];
  check('shown', shown.length, shown.filter((node) => {
    const v = Number(node.dataset.v), again = calculations.get(node), found = again ? again() : resolve(node.dataset.src);
    const text = node.textContent, said = Number(text.replace(/−/g, '-').replace(/,/g, ''));
    const right = found != null && (same(Number(found), v) || found === Math.fround(v) || (again != null || node.dataset.src.startsWith('calc:') || /^(prob|stat|meta|range|atlas):/.test(node.dataset.src)) && abs(found - v) <= 1e-9 * max(1, abs(v)));
    return !right || !(abs(said - v) <= 6e-4 * abs(v) + 1e-12);
  }).length);
  return rows;
}

const costOf = (layer) => layer.kind === 'conv' ? layer.attr.kernel[0] * layer.attr.kernel[1] * sizes(layer.inputs[0])[0] / layer.attr.groups : layer.kind === 'linear' ? sizes(layer.inputs[0]).reduce((a, b) => a * b, 1) : layer.kind === 'maxpool' || layer.kind === 'avgpool' ? 9 : 1;

async function verify() {
  const badge = $('badge'), list = $('check-list');
  document.body.dataset.verify = 'pending';
  badge.textContent = t('verify.pending');
  let verdict = 'failed', rows = [];
  try {
    if (!globalThis.crypto || !crypto.subtle || !globalThis.DecompressionStream) throw Object.assign(new Error('crypto'), { missing: true });
    await ready;
    rows = await checks();
    if (rows.every((row) => row.wrong === 0) && rows[0].total > 0) verdict = 'ok';
  } catch (error) {
    if (error.missing) verdict = 'unavailable';
    rows.push({ name: 'error', total: 1, wrong: 1 });
  }
  const total = rows.reduce((sum, row) => sum + row.total, 0);
  const shown = (n) => plain(group(n));
  list.replaceChildren(...rows.map((row) => el('tr', { class: row.wrong ? 'bad' : '' }, el('th', { scope: 'row', still: true }, t('check.' + row.name)), el('td', shown(row.total)), el('td', shown(row.wrong)), el('td', row.worst == null ? '' : plain(row.worst.toExponential(1).replace('-', '−'))))));
  badge.replaceChildren(...sentence('verify.' + verdict, { n: shown(total) }).map((part) => part));
  document.body.dataset.verify = verdict;
}
