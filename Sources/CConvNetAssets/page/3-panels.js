// The panel of one layer: its tabs, its maps, kernels, values and formula.

const state = { layer: null, tab: 'window', c: 0, y: 0, x: 0, input: 'all', heat: 'none', heatClass: 0, sameScale: false };
const isSpatial = (name) => sizes(name)[1] * sizes(name)[2] > 1;

const tabs = [
  ['maps', (layer) => isSpatial(layer.name)],
  ['window', () => true],
  ['kernels', (layer) => layer.kind === 'conv'],
  ['looks', (layer) => layer.kind === 'conv' || layer.kind === 'relu'],
  ['values', () => true],
  ['formula', () => true],
];

function showLayer() {
  const layer = state.layer, panel = $('panel');
  const possible = tabs.filter(([, fits]) => fits(layer)).map(([name]) => name);
  if (!possible.includes(state.tab)) state.tab = 'window';
  const list = el('div', { class: 'tabs', role: 'tablist', 'aria-label': t('tabs') }, possible.map((name) =>
    el('button', {
      role: 'tab', id: 'tab-' + name, 'data-testid': 'tab-' + name, 'aria-selected': String(name === state.tab),
      'aria-controls': 'tab-panel', tabindex: name === state.tab ? '0' : '-1', onclick: () => go({ tab: name }, 'tab-' + name),
    }, t('tab.' + name))));
  roving(list);
  const body = el('div', { id: 'tab-panel', role: 'tabpanel', 'aria-labelledby': 'tab-' + state.tab, tabindex: '0' });
  panel.replaceChildren(
    el('header', { class: 'layer-head' },
      el('h2', { 'data-static': true }, layer.name),
      el('p', { class: 'kind' }, sentence('kind.' + (texts.en['kind.' + layer.kind] ? layer.kind : 'other'), { type: code(layer.type) }))),
    el('p', { class: 'lede' }, sentence('say.' + (texts.en['say.' + layer.kind] ? layer.kind : 'other'), holesOf(layer))),
    list, body);
  ({ maps: mapsTab, window: windowTab, kernels: kernelsTab, looks: looksTab, values: valuesTab, formula: formulaTab })[state.tab](layer, body);
}

/** What sentences about a layer can name. */
function holesOf(layer) {
  const [c, h, w] = sizes(layer.name), source = layer.inputs[0] || 'input';
  const bytes = (name) => plain(shapeText((byName.get(name) || {}).shape || []));
  return {
    type: code(layer.type), channels: count(`meta:${layer.name}.channels`, c), size: plain(`${h}×${w}`),
    from: bytes(source), to: bytes(layer.name), in: count(`meta:${source}.channels`, sizes(source)[0]),
    kernel: plain(layer.attr && layer.attr.kernel ? layer.attr.kernel.join('×') : ''),
    zeros: num(`calc:100*stat:${layer.name}.zeros`, 100 * layer.stat.zeros, () => 100 * layer.stat.zeros),
  };
}

/** Arrow keys move inside a group of buttons, of which one is in the tab order. */
function roving(node) {
  node.addEventListener('keydown', (event) => {
    const items = [...node.querySelectorAll('button')], at = items.indexOf(document.activeElement);
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    const to = event.key === 'Home' ? 0 : event.key === 'End' ? items.length - 1 : step ? at + step : -1;
    if (at < 0 || to < 0 || to >= items.length || (!step && !['Home', 'End'].includes(event.key))) return;
    event.preventDefault();
    items[to].focus();
    items[to].click();
  });
}

function shownChannels(layer) {
  return layer.sprite ? layer.sprite.channels : layer.kept;
}

function mapsTab(layer, body) {
  const sprite = layer.sprite, image = $('maps-' + layer.index);
  const grid = el('div', { class: 'mosaic', role: 'group', 'aria-label': t('maps.of', { name: layer.name }) });
  shownChannels(layer).forEach((c, at) => {
    const tile = el('span', { class: 'tile', 'aria-hidden': 'true' });
    if (sprite && image) {
      const rows = Math.ceil(sprite.channels.length / sprite.columns);
      tile.style.backgroundImage = `url(${image.src})`;
      tile.style.backgroundSize = `${100 * sprite.columns}% ${100 * rows}%`;
      const share = (n, of) => (of > 1 ? 100 * n / (of - 1) : 0) + '%';
      tile.style.backgroundPosition = `${share(at % sprite.columns, sprite.columns)} ${share(Math.floor(at / sprite.columns), rows)}`;
    }
    grid.append(el('button', {
      class: 'pick', 'data-testid': 'map-' + c, 'aria-pressed': String(c === state.c), tabindex: c === state.c ? '0' : '-1',
      'aria-label': t('channel.number', { n: c }), onclick: () => go({ c, ...peakOf(layer, c) }, '[data-testid="map-' + c + '"]'),
    }, tile, el('span', { class: 'number', 'data-static': true }, String(c))));
  });
  if (!grid.querySelector('[tabindex="0"]') && grid.firstChild) grid.firstChild.tabIndex = 0;
  roving(grid);
  const large = framed(mapPicture(layer.name, state.c, t('map.alt', { name: layer.name, n: state.c })), { class: 'framed large' });
  const [, H, W] = sizes(layer.name);
  lay(large, 'cursor', state.y, state.x, 1, 1, H, W);
  const at = value(layer.name, state.c, state.y, state.x);
  body.append(el('div', { class: 'split' },
    el('figure', {}, large, colourBar(layer, state.c),
      el('figcaption', {}, sentence('map.caption', {
        name: code(layer.name), n: plain(String(state.c)), place: plain(`(${state.y}, ${state.x})`),
        value: at === undefined ? t('not.held') : cellNumber(layer.name, state.c, state.y, state.x),
      }))),
    el('div', {}, el('p', {}, sentence(sprite && sprite.channels.length < sizes(layer.name)[0] ? 'maps.some' : 'maps.all', {
      shown: plain(String(shownChannels(layer).length)), all: count(`meta:${layer.name}.channels`, sizes(layer.name)[0]),
    })),
    el('label', { class: 'switch' }, el('input', { type: 'checkbox', checked: state.sameScale, onchange: (e) => { state.sameScale = e.target.checked; showLayer(); } }), ' ', t('same.scale')),
    grid)));
}

function channelPicker(layer) {
  const kept = layer.whole ? shownChannels(layer) : layer.kept;
  const list = kept.includes(state.c) ? kept : [state.c, ...kept];
  return el('label', {}, t('channel'), ' ', el('select', {
    'data-testid': 'channel', onchange: (event) => go({ c: Number(event.target.value), ...peakOf(layer, Number(event.target.value)) }, '[data-testid="channel"]'),
  }, list.map((c) => el('option', { value: c, selected: c === state.c, 'data-static': true }, String(c)))));
}

/** Rows and columns of numbers on coloured cells. */
function matrix(rows, columns, cellAt, limit, label, kind = '', signed = true) {
  const body = el('tbody');
  for (let u = 0; u < rows; u++) {
    const row = el('tr');
    for (let v = 0; v < columns; v++) {
      const { node, number, hatched, framed: winner } = cellAt(u, v);
      const cell = el('td', { class: (hatched ? 'padding' : '') + (winner ? ' winner' : '') }, node);
      if (!hatched && number !== undefined) paint(cell, number, limit, signed);
      row.append(cell);
    }
    body.append(row);
  }
  return el('table', { class: 'matrix ' + kind, 'aria-label': label }, body);
}

function kernelsTab(layer, body) {
  const held = (boxes.get('weight:' + layer.name) || [])[0];
  const rows = held ? held.rows || Array.from({ length: held.n }, (_, i) => i) : [];
  const [kh, kw] = layer.attr.kernel, cut = 16;
  let limit = 0;
  if (held) for (const w of held.data) limit = Math.max(limit, Math.abs(w));
  body.append(el('p', {}, sentence('kernels.say', { kernel: plain(`${kh}×${kw}`), in: count(`meta:${layer.inputs[0]}.channels`, sizes(layer.inputs[0])[0]), shown: plain(String(rows.length)), all: count(`meta:${layer.name}.channels`, sizes(layer.name)[0]) })));
  const row = rows.includes(state.c) ? state.c : rows[0];
  const grid = el('div', { class: 'kernels', role: 'group' });
  for (const c of rows.slice(0, 64)) {
    const canvas = el('canvas', { width: kw, height: kh, class: 'map' }), context = canvas.getContext('2d');
    const data = context.createImageData(kw, kh);
    for (let i = 0; i < kh * kw; i++) data.data.set([...colourOf(value('weight:' + layer.name, c, 0, i), -limit, limit, true), 255], i * 4);
    context.putImageData(data, 0, 0);
    grid.append(el('button', { class: 'pick', 'aria-pressed': String(c === row), 'aria-label': t('kernel.number', { n: c }), onclick: () => go({ c, ...peakOf(layer, c) }) }, canvas, el('span', { class: 'number', 'data-static': true }, String(c))));
  }
  roving(grid);
  body.append(grid, el('p', { class: 'note' }, sentence('kernels.first', {})));
  if (row === undefined) return;
  const list = el('div', { class: 'matrices' });
  inputChannels(layer, row).slice(0, cut).forEach((channel, k) => list.append(el('figure', {},
    matrix(kh, kw, (u, v) => {
      const w = value('weight:' + layer.name, row, k, u * kw + v);
      return { node: num(`weight:${layer.name}[${row},${k},${u},${v}]`, w), number: w };
    }, limit, t('kernel.alt', { n: row, k: channel }), 'small'), el('figcaption', { 'data-static': true }, `${t('from.channel')} ${channel}`))));
  body.append(el('h3', {}, sentence('kernel.head', { n: plain(String(row)) })), list);
  if (inputChannels(layer, row).length > cut) body.append(el('p', { class: 'note' }, sentence('kernels.more', { n: plain(String(inputChannels(layer, row).length - cut)) })));
}

function looksTab(layer, body) {
  const patches = (run.atlas || {})[layer.name];
  if (!patches) {
    body.append(el('p', {}, t('looks.none')), el('pre', { 'data-static': true }, `convnet atlas ${run.model.name} DATA -o net.atlas\nconvnet explain ${run.photo.name} --model ${run.model.name} --atlas net.atlas`));
    return;
  }
  body.append(el('p', {}, t('looks.say')), el('div', { class: 'patches' }, (patches[state.c] || []).map((patch) => el('figure', {}, el('img', { src: patch.png, alt: t('looks.alt', { name: patch.name }) }), el('figcaption', { 'data-static': true }, patch.name)))));
}

function statistics(layer) {
  const row = (key, which, percent) => el('tr', {}, el('th', { scope: 'row' }, t('stat.' + key)),
    el('td', {}, percent ? [num(`calc:100*stat:${layer.name}.${which}`, 100 * layer.stat[which], () => 100 * layer.stat[which]), plain(' %')] : num(`stat:${layer.name}.${which}`, layer.stat[which])));
  return el('table', { class: 'facts' }, el('tbody', {}, row('min', 'min'), row('mean', 'mean'), row('max', 'max'), row('std', 'std'), row('zeros', 'zeros', true)));
}

function valuesTab(layer, body) {
  const source = layer.inputs.map((name) => byName.get(name)).find((from) => from && from.hist);
  const figure = (from, title) => el('figure', {}, el('figcaption', {}, title, ' ', code(from.name)),
    histogram(from.hist, t('histogram.alt', { name: from.name })),
    el('div', { class: 'axis' }, num(`stat:${from.name}.min`, from.stat.min), num(`stat:${from.name}.max`, from.stat.max)),
    el('details', {}, el('summary', {}, t('as.table')), el('table', { class: 'facts' }, el('tbody', {}, from.hist.map((n, i) => el('tr', {}, el('th', { 'data-static': true, scope: 'row' }, String(i + 1)), el('td', {}, count(`hist:${from.name}[${i}]`, n))))))));
  body.append(el('div', { class: 'split even' }, source ? figure(source, t('before')) : null, figure(layer, source ? t('after') : t('values'))),
    el('p', {}, t('log.scale')), statistics(layer));
  if (layer.kind === 'relu') body.append(el('p', { class: 'finding' }, sentence('relu.zeros', holesOf(layer))));
  if (layer.kind === 'bn') body.append(batchNormTable(layer));
}

function batchNormTable(layer) {
  const channels = shownChannels(layer).slice(0, 16), cell = (c, row, key) => el('td', {}, num(`bn:${layer.name}.${key}[${c}]`, value('bn:' + layer.name, row, 0, c)));
  return el('div', { class: 'scroll', tabindex: '0' }, el('table', { class: 'facts' },
    el('thead', {}, el('tr', {}, ['channel', 'gamma', 'beta', 'mean', 'variance', 'scale', 'shift'].map((key) => el('th', { scope: 'col' }, t('bn.' + key))))),
    el('tbody', {}, channels.map((c) => {
      const line = folded(layer, c);
      return el('tr', {}, el('th', { scope: 'row', 'data-static': true }, String(c)), cell(c, 0, 'gamma'), cell(c, 1, 'beta'), cell(c, 2, 'mean'), cell(c, 3, 'variance'),
        el('td', {}, num(`calc:scale(${layer.name},${c})`, line.scale, () => folded(layer, c).scale)), el('td', {}, num(`calc:shift(${layer.name},${c})`, line.shift, () => folded(layer, c).shift)));
    }))));
}

const plus = (attr, c) => (attr.bias ? ' + ' + c : '') + ' = ';

function formulaTab(layer, body) {
  const [c, h, w] = sizes(layer.name), source = layer.inputs[0], from = source ? sizes(source) : [0, 0, 0];
  if (layer.attr && layer.attr.kernel) {
    const a = layer.attr;
    const line = (n, k, s, p, d, out) => {
      const padding = p[0] === p[1] ? `2·${p[0]}` : `${p[0]} + ${p[1]}`;
      return d === 1 ? `⌊(${n} − ${k} + ${padding}) / ${s}⌋ + 1 = ${out}` : `⌊(${n} + ${padding} − ${d}·(${k} − 1) − 1) / ${s}⌋ + 1 = ${out}`;
    };
    body.append(el('p', {}, t('formula.size')), el('p', { class: 'formula', 'data-static': true }, 'H', el('sub', {}, 'out'), ' = ', line(from[1], a.kernel[0], a.stride[0], [a.padding[0], a.padding[1]], a.dilation[0], h)),
      el('p', { class: 'formula', 'data-static': true }, 'W', el('sub', {}, 'out'), ' = ', line(from[2], a.kernel[1], a.stride[1], [a.padding[2], a.padding[3]], a.dilation[1], w)));
    if (a.ceil) body.append(el('p', {}, t('formula.ceil')));
    const unused = (from[1] + a.padding[0] + a.padding[1] - a.dilation[0] * (a.kernel[0] - 1) - 1) % a.stride[0];
    if (unused > 0 && !a.ceil) body.append(el('p', { class: 'note' }, sentence('formula.unused', { n: plain(String(unused)) })));
  }
  if (layer.kind === 'conv') {
    const a = layer.attr, per = from[0] / a.groups;
    body.append(el('p', {}, t('formula.weights')), el('p', { class: 'formula' },
      plain(`${a.kernel[0]}·${a.kernel[1]}·${per}·${c}` + plus(a, c)), count(`meta:${layer.name}.params`, layer.params)),
    el('p', {}, t('formula.macs')), el('p', { class: 'formula' }, plain(`${a.kernel[0]}·${a.kernel[1]}·${per} · ${c}·${h}·${w} = `), count(`meta:${layer.name}.macs`, layer.macs)),
    el('p', { class: 'note' }, t('formula.correlation')));
  } else if (layer.kind === 'linear') {
    body.append(el('p', { class: 'formula' }, plain(`${from[0] * from[1] * from[2]}·${c}` + plus(layer.attr, c)), count(`meta:${layer.name}.params`, layer.params)));
  } else if (layer.kind === 'bn') {
    body.append(el('p', { class: 'formula' }, 'y = γ · (x − μ) / √(σ² + ε) + β'), el('p', {}, t('formula.bn')));
  } else if (texts.en['formula.' + layer.kind]) {
    body.append(el('p', { class: 'formula' }, sentence('formula.' + layer.kind, { n: plain('0') })));
  }
  if (layer.kind === 'maxpool' || layer.kind === 'avgpool') body.append(el('p', {}, sentence(layer.attr.countPad ? 'pool.counts' : 'pool.ignores', {})));
  if (layer.rf) body.append(el('p', {}, sentence(layer.rf.global ? 'field.global' : 'field.say', {
    size: num(`meta:${layer.name}.rf`, layer.rf.h[0]), jump: num(`meta:${layer.name}.jump`, layer.rf.h[1]) })));
}
