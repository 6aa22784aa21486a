// One position of one layer with all its numbers: what goes in, what is done, what comes out.

let playing = null;

/** The place of a channel's largest number that the page holds. */
function peakOf(layer, c) {
  const peaks = layer.peaks || {};
  if (peaks[c]) return { y: peaks[c][0], x: peaks[c][1] };
  const [, H, W] = sizes(layer.name);
  let best = -Infinity, found = { y: 0, x: 0 };
  for (let y = 0; y < H && (whole.has(layer.name) || H * W < 70000); y++) for (let x = 0; x < W; x++) {
    const v = value(layer.name, c, y, x);
    if (v > best) { best = v; found = { y, x }; }
  }
  return found;
}

function windowTab(layer, body) {
  const y = state.y, x = state.x, c = state.c;
  const kind = { conv: convWindow, maxpool: poolWindow, avgpool: poolWindow, adaptive: poolWindow, bn: pointWindow, relu: pointWindow, act: pointWindow, add: addWindow, linear: linearWindow, softmax: softmaxWindow }[layer.kind] || plainWindow;
  if (isSpatial(layer.name)) body.append(controls(layer));
  const result = kind(layer, body, c, y, x);
  if (result && !playing) $('live').textContent = t('live', { place: isSpatial(layer.name) ? `(${y}, ${x})` : c, value: format(result.value) });
}

function controls(layer) {
  const button = (id, key, sign, action) => el('button', { test: id, label: t(key), title: t(key), onclick: action }, sign);
  return el('div.controls', channelPicker(layer),
    button('step-prev', 'step.prev', '‹', () => step(-1)), button('play', playing ? 'pause' : 'play', playing ? '❚❚' : '▶', togglePlay),
    button('step-next', 'step.next', '›', () => step(1)),
    el('button', { test: 'edge', onclick: () => go({ y: 0, x: 0 }, '@edge') }, t('edge')),
    el('button', { test: 'peak', onclick: () => go(peakOf(layer, state.c), '@peak') }, t('peak')),
    el('button', { test: 'copy', onclick: copyWindow }, t('copy')),
    el('span.place', { still: true }, `(${state.y}, ${state.x})`));
}

/** The next position in raster order that the page holds. */
function step(direction) {
  const layer = state.layer, [, H, W] = sizes(layer.name);
  let at = state.y * W + state.x;
  for (let tries = 0; tries < H * W; tries++) {
    at = (at + direction + H * W) % (H * W);
    if (value(layer.name, state.c, floor(at / W), at % W) == null) continue;
    return go({ y: floor(at / W), x: at % W }, '@step-' + (direction > 0 ? 'next' : 'prev'));
  }
}

function togglePlay() {
  if (playing) { clearInterval(playing); playing = null; return go({}, '@play'); }
  playing = setInterval(() => { step(1); const b = find('@play'); if (b) b.focus({ preventScroll: true }); }, 250);
  go({}, '@play');
}
function pause() { if (playing) { clearInterval(playing); playing = null; } }
addEventListener('blur', () => { if (playing) togglePlay(); });

/** The output map, on which the position is chosen by pointer or keys. */
function outputMap(layer) {
  const [, H, W] = sizes(layer.name);
  const frame = framed(mapPicture(layer.name, state.c), {
    class: 'framed chooser', tabindex: '0', role: 'application', test: 'grid-out', label: t('grid.out'),
  });
  lay(frame, 'cursor', state.y, state.x, 1, 1, H, W);
  const to = (y, x) => {
    y = max(0, min(H - 1, y)); x = max(0, min(W - 1, x));
    if (value(layer.name, state.c, y, x) == null) { $('live').textContent = t('not.held'); all('.held').forEach((n) => n.classList.add('shout')); return; }
    go({ y, x }, '@grid-out');
  };
  frame.addEventListener('pointerdown', (event) => {
    const box = frame.getBoundingClientRect();
    to(floor((event.clientY - box.top) / box.height * H), floor((event.clientX - box.left) / box.width * W));
  });
  frame.addEventListener('keydown', (event) => {
    const move = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1], Home: [0, -W], End: [0, W], PageUp: [-H, 0], PageDown: [H, 0] }[event.key];
    if (!move) return;
    event.preventDefault();
    pause();
    to(state.y + move[0], state.x + move[1]);
  });
  return el('figure', frame, el('figcaption', t('output'), ' ', code(layer.name)));
}

function inputMap(layer, channel, under) {
  const source = layer.inputs[0], [, H, W] = sizes(source);
  const frame = framed(mapPicture(source, channel));
  if (under && under.cells.length) {
    const rows = under.cells.map((cell) => cell.i), columns = under.cells.map((cell) => cell.j);
    const top = min(...rows), left = min(...columns);
    lay(frame, 'window', top, left, max(...rows) - top + 1, max(...columns) - left + 1, H, W);
  }
  return el('figure', frame, el('figcaption', t('input'), ' ', code(source), plain(' ' + channel)));
}

/** A row of figures with signs between them. */
const equation = (...parts) => el('div.equation', parts.map((part) => typeof part === 'string' ? el('span.sign', { mute: 'true' }, part) : part));

function notHeld(body) {
  body.append(el('p.note held', t(run.mode === 'full' ? 'not.held' : 'not.held.windows')));
  return null;
}

function heldNote(body) {
  if (run.mode === 'windows' && !state.layer.dumped) body.append(el('p.note held', t('held.windows')));
}

function convWindow(layer, body, c, y, x) {
  const found = convolution(layer, c, y, x), channels = inputChannels(layer, c), per = channels.length;
  if (!found) { body.append(equation(outputMap(layer))); return notHeld(body); }
  // The input channel that contributes most is the one to look at first.
  const strongest = found.partial.reduce((best, p, k) => abs(p.part) > abs(found.partial[best].part) ? k : best, 0);
  const chosen = state.input !== 'all' && channels.includes(Number(state.input)) ? channels.indexOf(Number(state.input)) : strongest;
  const channel = channels[chosen], under = found.under, kw = layer.attr.kernel[1];
  const source = layer.inputs[0], at = (u, v) => under.cells[u * kw + v];
  const a = (u, v) => value(source, channel, at(u, v).i, at(u, v).j), w = (u, v) => value('weight:' + layer.name, c, chosen, u * kw + v);
  let [limitA, limitW, limitP] = [0, 0, 0];
  for (const cell of under.cells) {
    limitW = max(limitW, abs(w(cell.u, cell.v)));
    if (cell.inside) { limitA = max(limitA, abs(a(cell.u, cell.v))); limitP = max(limitP, abs(a(cell.u, cell.v) * w(cell.u, cell.v))); }
  }
  const rows = under.rows, columns = under.columns;
  const pad = () => ({ node: el('span', { still: true, title: t('padding.cell') }, '0'), hatched: true });
  const inputs = matrix(rows, columns, (u, v) => at(u, v).inside ? { node: cellNumber(source, channel, at(u, v).i, at(u, v).j), number: a(u, v) } : pad(), limitA, t('window.in'), 'in');
  const weights = matrix(rows, columns, (u, v) => ({ node: num(`weight:${layer.name}[${c},${chosen},${u},${v}]`, w(u, v)), number: w(u, v) }), limitW, t('window.kernel'), 'kernel');
  const products = matrix(rows, columns, (u, v) => {
    if (!at(u, v).inside) return pad();
    return { node: num(`calc:${place(source, channel, at(u, v).i, at(u, v).j)}*weight:${layer.name}[${c},${chosen},${u},${v}]`, a(u, v) * w(u, v), () => a(u, v) * w(u, v)), number: a(u, v) * w(u, v) };
  }, limitP, t('window.products'), 'product');
  const figure = (node, key) => el('figure', node, el('figcaption', t(key)));
  body.append(
    el('div.pick-input', el('label', t('chan.in'), ' ', el('select', { test: 'chan-in', onchange: (e) => go({ input: e.target.value }, '@chan-in') },
      el('option', { value: 'all', selected: state.input === 'all' }, t('chan.strongest')), channels.map((n) => el('option', { value: n, selected: String(n) === state.input, still: true }, String(n)))))),
    equation(inputMap(layer, channel, under), figure(inputs, 'window.in'), '×', figure(weights, 'window.kernel'), '=', figure(products, 'window.products'), '→', outputMap(layer)));
  const outside = under.cells.filter((cell) => !cell.inside).length;
  if (outside) body.append(el('p.note', sentence('padding.count', { n: plain(outside), all: plain(under.cells.length) })));
  body.append(partialBars(layer, found, channel, c, y, x));
  const out = value(layer.name, c, y, x);
  body.append(answer(sentence('conv.sum', {
    n: count(`meta:${layer.name}.inputs`, per),
    sum: num(`calc:sum(${place(layer.name, c, y, x)})`, found.sum - found.bias, () => { const f = convolution(layer, c, y, x); return f.sum - f.bias; }),
    bias: layer.attr.bias ? num(`bias:${layer.name}[${c}]`, found.bias) : plain('0'),
    out: out == null ? num(`calc:conv(${place(layer.name, c, y, x)})`, found.sum, () => convolution(layer, c, y, x).sum) : cellNumber(layer.name, c, y, x) })));
  heldNote(body);
  return { value: out == null ? found.sum : out };
}

/** What each input channel contributes: signed bars, the largest first. */
function partialBars(layer, found, channel, c, y, x) {
  const most = 12, sorted = [...found.partial].sort((p, q) => abs(q.part) - abs(p.part));
  const shown = sorted.slice(0, most), rest = sorted.slice(most);
  const limit = max(...sorted.map((p) => abs(p.part)), abs(found.bias), 1e-30);
  const again = (n) => () => convolution(layer, c, y, x).partial.find((p) => p.channel === n).part;
  const row = (name, number, current) => bar(name, number, limit, current);
  const rows = shown.map((p) => row(plain(`${t('from.channel')} ${p.channel}`), num(`calc:part(${place(layer.name, c, y, x)},${p.channel})`, p.part, again(p.channel)), p.channel === channel));
  if (rest.length) {
    const sum = () => { const keep = new Set(shown.map((p) => p.channel)); return convolution(layer, c, y, x).partial.filter((p) => !keep.has(p.channel)).reduce((s, p) => s + p.part, 0); };
    rows.push(row(sentence('others', { n: plain(rest.length) }), num(`calc:rest(${place(layer.name, c, y, x)})`, sum(), sum)));
  }
  if (layer.attr.bias) rows.push(row(t('bias'), num(`bias:${layer.name}[${c}]`, found.bias)));
  return el('div.bars', { role: 'group', label: t('partial') }, el('h3', t('partial')), rows);
}

/** A signed bar beside its number. */
function bar(name, number, limit, current) {
  const v = Number(number.dataset.v), fill = el('span', { class: 'fill ' + (v < 0 ? 'minus' : 'plus') });
  const width = 50 * min(1, abs(v) / limit);
  fill.style.width = width + '%';
  fill.style.left = (v < 0 ? 50 - width : 50) + '%';
  return el('div', { class: 'signed' + (current ? ' current' : '') }, el('span.name', name), el('span.track', { mute: 'true' }, fill), number);
}

function poolWindow(layer, body, c, y, x) {
  const source = layer.inputs[0], under = cellsUnder(layer, y, x), average_ = layer.kind !== 'maxpool';
  const large = under.cells.length > 100, v = (cell) => value(source, c, cell.i, cell.j);
  if (under.cells.some((cell) => cell.inside && v(cell) == null)) { body.append(equation(outputMap(layer))); return notHeld(body); }
  const inside = under.cells.filter((cell) => cell.inside), limit = max(...inside.map((cell) => abs(v(cell))), 1e-30);
  const signed = inside.some((cell) => v(cell) < 0), winner = inside.reduce((a, b) => (v(b) > v(a) ? b : a), inside[0]);
  const cells = large ? null : matrix(under.rows, under.columns, (u, w) => {
    const cell = under.cells[u * under.columns + w];
    if (!cell.inside) return { node: el('span', { still: true }, average_ ? '0' : '−∞'), hatched: true };
    return { node: cellNumber(source, c, cell.i, cell.j), number: v(cell), framed: !average_ && cell === winner };
  }, limit, t('window.in'), 'in', signed);
  const out = isSpatial(layer.name) ? outputMap(layer) : null;
  body.append(equation(inputMap(layer, c, under), ...(cells ? [el('figure', cells, el('figcaption', t(average_ ? 'pool.cells' : 'pool.winner')))] : []), ...(out ? ['→', out] : [])));
  const number = cellNumber(layer.name, c, y, x);
  if (average_) {
    const a = average(layer, c, y, x), fresh = (key) => () => average(layer, c, y, x)[key];
    body.append(answer(sentence('pool.average', { sum: num(`calc:sum(${place(layer.name, c, y, x)})`, a.sum, fresh('sum')), n: num(`calc:divisor(${place(layer.name, c, y, x)})`, a.divisor, fresh('divisor')), out: number })));
  } else body.append(answer(sentence('pool.max', { n: plain(inside.length), out: number })));
  if (!isSpatial(layer.name)) body.append(channelPicker(layer));
  heldNote(body);
  return { value: value(layer.name, c, y, x) };
}

const activations = {
  ReLU: (x) => max(0, x), ReLU6: (x) => min(6, max(0, x)), Sigmoid: (x) => 1 / (1 + exp(-x)), Tanh: Math.tanh,
  SiLU: (x) => x / (1 + exp(-x)), Hardsigmoid: (x) => min(1, max(0, x / 6 + 0.5)), Hardswish: (x) => x * min(1, max(0, x / 6 + 0.5)), Softplus: (x) => log1p(exp(x)),
};

function pointWindow(layer, body, c, y, x) {
  const source = layer.inputs[0], before = value(source, c, y, x), after = value(layer.name, c, y, x);
  if (before == null || after == null) { body.append(equation(outputMap(layer))); return notHeld(body); }
  const under = { cells: [{ i: y, j: x }] };
  const maps = isSpatial(layer.name) ? [inputMap(layer, c, under), '→', outputMap(layer)] : [channelPicker(layer)];
  body.append(equation(...maps));
  const from = cellNumber(source, c, y, x), to = cellNumber(layer.name, c, y, x);
  if (layer.kind === 'bn') {
    const line = folded(layer, c);
    if (!line) return notHeld(body);
    const n = (key) => num(`bn:${layer.name}.${key}[${c}]`, line[key]), calc = (key) => num(`calc:${key}(${layer.name},${c})`, line[key], () => folded(layer, c)[key]);
    body.append(el('p.formula', sentence('bn.line', { x: from, mean: n('mean'), variance: n('variance'), epsilon: num(`meta:${layer.name}.epsilon`, layer.attr.epsilon), gamma: n('gamma'), beta: n('beta'), out: to })),
      answer(sentence('bn.folded', { scale: calc('scale'), shift: calc('shift'), x: cellNumber(source, c, y, x), out: cellNumber(layer.name, c, y, x) })));
  } else {
    body.append(answer(sentence('act.line', { type: code(layer.type), x: from, out: to })));
    if (activations[layer.type]) body.append(curve(layer));
  }
  heldNote(body);
  return { value: after };
}

/** The function's curve over the range of numbers that came in. */
function curve(layer) {
  const f = activations[layer.type], from = byName.get(layer.inputs[0]), low = from.stat.min, high = max(from.stat.max, low + 1e-6);
  const ys = times(101, (i) => f(low + (high - low) * i / 100)), bottom = min(...ys, 0), top = max(...ys, bottom + 1e-6);
  const X = (v) => 300 * (v - low) / (high - low), Y = (v) => 115 - 110 * (v - bottom) / (top - bottom), here = value(layer.inputs[0], state.c, state.y, state.x);
  const svg = shape('svg', { viewBox: '-2 0 304 120', class: 'curve', role: 'img', label: t('curve.alt', { type: layer.type }) },
    shape('path', { class: 'axes', d: `M0 ${Y(0)}H300` + (low < 0 && high > 0 ? `M${X(0)} 0V120` : '') }),
    shape('polyline', { points: ys.map((v, i) => `${3 * i},${Y(v)}`).join(' ') }),
    shape('circle', { cx: X(here), cy: Y(f(here)), r: 4 }));
  return el('figure.curve-figure', svg, el('div.axis', num(`stat:${from.name}.min`, low), num(`stat:${from.name}.max`, from.stat.max)));
}

function addWindow(layer, body, c, y, x) {
  const numbers = layer.inputs.map((name) => value(name, c, y, x));
  if (numbers.includes(undefined)) { body.append(equation(outputMap(layer))); return notHeld(body); }
  const source = (name) => { const f = framed(mapPicture(name, c)), [, H, W] = sizes(name); lay(f, 'window', y, x, 1, 1, H, W); return el('figure', f, el('figcaption', code(name))); };
  body.append(equation(source(layer.inputs[0]), '+', source(layer.inputs[1]), '=', outputMap(layer)),
    answer(cellNumber(layer.inputs[0], c, y, x), ' + ', cellNumber(layer.inputs[1], c, y, x), ' = ', cellNumber(layer.name, c, y, x)));
  heldNote(body);
  return { value: value(layer.name, c, y, x) };
}

function linearWindow(layer, body, o) {
  const picker = el('p', channelPicker(layer), ' ', plain(run.labels[o] && layer.name === run.scoreLayer ? run.labels[o] : ''));
  const found = linear(layer, o);
  body.append(picker);
  if (!found) return notHeld(body);
  const sorted = [...found.terms].sort((a, b) => abs(b.product) - abs(a.product)), shown = sorted.slice(0, 20), rest = sorted.slice(20);
  const limit = max(...shown.map((s) => abs(s.product)), abs(found.bias), 1e-30), where = `${layer.name}[${o}]`;
  const sum = () => { const keep = new Set(shown.map((s) => s.i)); return linear(layer, o).terms.filter((s) => !keep.has(s.i)).reduce((n, s) => n + s.product, 0); };
  const rows = shown.map((s) => bar(plain(`${layer.inputs[0]}[${s.i}]`), num(`calc:term(${where},${s.i})`, s.product, () => linear(layer, o).terms[s.i].product), limit));
  if (rest.length) rows.push(bar(sentence('others', { n: plain(rest.length) }), num(`calc:rest(${where})`, sum(), sum), max(limit, abs(sum()))));
  if (layer.attr.bias) rows.push(bar(t('bias'), num(`bias:${layer.name}[${o}]`, found.bias), limit));
  body.append(el('div.bars', el('h3', t('linear.terms')), rows),
    answer(sentence('linear.sum', { n: count(`meta:${layer.name}.inputs`, found.terms.length), out: cellNumber(layer.name, o, 0, 0) })));
  return { value: value(layer.name, o) };
}

function softmaxWindow(layer, body, c) {
  body.append(el('p', t('softmax.say')), channelPicker(layer), el('p.result', cellNumber(layer.inputs[0], c, 0, 0), ' → ', cellNumber(layer.name, c, 0, 0)));
  return { value: value(layer.name, c) };
}

/** For operations that the page has no picture of: what came out, from what. */
function plainWindow(layer, body, c, y, x) {
  const out = value(layer.name, c, y, x), spatial = isSpatial(layer.name);
  if (spatial) body.append(equation(outputMap(layer))); else body.append(channelPicker(layer));
  if (out == null) return notHeld(body);
  body.append(answer(sentence('plain.out', { type: code(layer.type), inputs: code(layer.inputs.join(', ')), out: cellNumber(layer.name, c, y, x) })));
  return { value: out };
}

function copyWindow() {
  const layer = state.layer, { c, y, x } = state, lines = [`# ${layer.name} (${layer.type}), channel ${c}, position (${y}, ${x})`];
  if (layer.kind === 'conv') {
    const found = convolution(layer, c, y, x);
    if (!found) return;
    const kw = layer.attr.kernel[1], list = (f) => '[' + inputChannels(layer, c).map((n, k) => '[' + found.under.cells.map((cell) => f(n, k, cell)).join(', ') + ']').join(',\n ') + ']';
    lines.push('import numpy as np', `x = np.array(${list((n, k, cell) => cell.inside ? value(layer.inputs[0], n, cell.i, cell.j) : 0)})`, `w = np.array(${list((n, k, cell) => value('weight:' + layer.name, c, k, cell.u * kw + cell.v))})`, `bias = ${found.bias}`, `print((x * w).sum() + bias)  # ${value(layer.name, c, y, x)}`);
  } else lines.push(...layer.inputs.map((name) => `${name}: ${value(name, c, y, x)}`), `${layer.name}: ${value(layer.name, c, y, x)}`);
  const area = el('textarea.copied', { readonly: true, rows: '6', label: t('copy'), still: true }, lines.join('\n'));
  $('tab-panel').append(area);
  area.select();
  if (navigator.clipboard) navigator.clipboard.writeText(area.value).catch(() => {});
}
