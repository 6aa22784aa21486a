// The panel of one layer: its tabs, its maps, kernels, values and formula.

const state = { layer: null, tab: 'window', c: 0, y: 0, x: 0, input: 'all', heat: 'none', heatClass: 0, sameScale: false };
const isSpatial = (name) => sizes(name)[1] * sizes(name)[2] > 1;

const tabs = [
  ['maps', (layer) => isSpatial(layer.name)],
  ['window', () => true],
  ['kernels', (layer) => layer.kind === 'conv'],
  ['looks', (layer) => atlasOf(layer) || ['conv', 'relu'].includes(layer.kind)],
  ['values', () => true],
  ['formula', () => true],
];

function showLayer() {
  const layer = state.layer, panel = $('panel');
  const possible = tabs.filter(([, fits]) => fits(layer)).map(([name]) => name);
  if (!possible.includes(state.tab)) state.tab = 'window';
  const list = el('div.tabs', { role: 'tablist', label: t('tabs') }, possible.map((name) =>
    el('button', {
      role: 'tab', id: 'tab-' + name, test: 'tab-' + name, 'aria-selected': String(name === state.tab),
      'aria-controls': 'tab-panel', tabindex: name === state.tab ? '0' : '-1', onclick: () => go({ tab: name }, 'tab-' + name),
    }, t('tab.' + name))));
  roving(list);
  const body = el('div', { id: 'tab-panel', role: 'tabpanel', 'aria-labelledby': 'tab-' + state.tab, tabindex: '0' });
  panel.replaceChildren(
    el('header.layer-head', {},
      el('h2', { still: true }, layer.name),
      el('p.kind', sentence('kind.' + (texts.en['kind.' + layer.kind] ? layer.kind : 'other'), { type: code(layer.type) }))),
    el('p.lede', sentence('say.' + (texts.en['say.' + layer.kind] ? layer.kind : 'other'), holesOf(layer))),
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
  const grid = el('div.mosaic', { role: 'group', label: t('maps.of', { name: layer.name }) });
  shownChannels(layer).forEach((c, at) => {
    const tile = el('span.tile', { mute: 'true' });
    if (sprite && image) {
      const rows = Math.ceil(sprite.channels.length / sprite.columns);
      tile.style.backgroundImage = `url(${image.src})`;
      tile.style.backgroundSize = `${100 * sprite.columns}% ${100 * rows}%`;
      const share = (n, of) => (of > 1 ? 100 * n / (of - 1) : 0) + '%';
      tile.style.backgroundPosition = `${share(at % sprite.columns, sprite.columns)} ${share(floor(at / sprite.columns), rows)}`;
    }
    grid.append(el('button', {
      class: 'pick', test: 'map-' + c, 'aria-pressed': String(c === state.c), tabindex: c === state.c ? '0' : '-1',
      label: t('channel.number', { n: c }), onclick: () => go({ c, ...peakOf(layer, c) }, '@map-' + c),
    }, tile, el('span.number', { still: true }, String(c))));
  });
  if (!grid.querySelector('[tabindex="0"]') && grid.firstChild) grid.firstChild.tabIndex = 0;
  roving(grid);
  const large = framed(mapPicture(layer.name, state.c), { class: 'framed large' });
  const [, H, W] = sizes(layer.name);
  lay(large, 'cursor', state.y, state.x, 1, 1, H, W);
  const at = value(layer.name, state.c, state.y, state.x);
  body.append(el('div.split', {},
    el('figure', large, colourBar(layer, state.c),
      el('figcaption', sentence('map.caption', {
        name: code(layer.name), n: plain(state.c), place: plain(`(${state.y}, ${state.x})`),
        value: at == null ? t('not.held') : cellNumber(layer.name, state.c, state.y, state.x),
      }))),
    el('div', el('p', sentence(sprite && sprite.channels.length < sizes(layer.name)[0] ? 'maps.some' : 'maps.all', {
      shown: plain(shownChannels(layer).length), all: count(`meta:${layer.name}.channels`, sizes(layer.name)[0]),
    })),
    el('label.switch', el('input', { type: 'checkbox', checked: state.sameScale, onchange: (e) => { state.sameScale = e.target.checked; showLayer(); } }), ' ', t('same.scale')),
    grid)));
}

function channelPicker(layer) {
  const kept = layer.whole ? shownChannels(layer) : layer.kept;
  const list = kept.includes(state.c) ? kept : [state.c, ...kept];
  return el('label', t('channel'), ' ', el('select', {
    test: 'channel', onchange: (event) => go({ c: numberOf(event), ...peakOf(layer, numberOf(event)) }, '@channel'),
  }, list.map((c) => el('option', { value: c, selected: c === state.c, still: true }, String(c)))));
}

/** Rows and columns of numbers on coloured cells. */
function matrix(rows, columns, cellAt, limit, label, kind = '', signed = true) {
  const body = el('tbody');
  for (let u = 0; u < rows; u++) {
    const row = el('tr');
    for (let v = 0; v < columns; v++) {
      const { node, number, hatched, framed: winner } = cellAt(u, v);
      const cell = el('td', { class: (hatched ? 'padding' : '') + (winner ? ' winner' : '') }, node);
      if (!hatched && number != null) paint(cell, number, limit, signed);
      row.append(cell);
    }
    body.append(row);
  }
  return el('table', { class: 'matrix ' + kind, label: label }, body);
}

function kernelsTab(layer, body) {
  const held = (boxes.get('weight:' + layer.name) || [])[0];
  const rows = held ? held.rows || times(held.n, (i) => i) : [];
  const [kh, kw] = layer.attr.kernel, cut = 16;
  let limit = 0;
  if (held) for (const w of held.data) limit = max(limit, abs(w));
  body.append(el('p', sentence('kernels.say', { kernel: plain(`${kh}×${kw}`), in: count(`meta:${layer.inputs[0]}.channels`, sizes(layer.inputs[0])[0]), shown: plain(rows.length), all: count(`meta:${layer.name}.channels`, sizes(layer.name)[0]) })));
  const row = rows.includes(state.c) ? state.c : rows[0];
  const grid = el('div.kernels', { role: 'group' });
  for (const c of rows.slice(0, 64)) {
    const canvas = el('canvas', { width: kw, height: kh, class: 'map' }), context = canvas.getContext('2d');
    const data = context.createImageData(kw, kh);
    for (let i = 0; i < kh * kw; i++) data.data.set([...colourOf(value('weight:' + layer.name, c, 0, i), -limit, limit, true), 255], i * 4);
    context.putImageData(data, 0, 0);
    grid.append(el('button.pick', { 'aria-pressed': String(c === row), label: t('kernel.number', { n: c }), onclick: () => go({ c, ...peakOf(layer, c) }) }, canvas, el('span.number', { still: true }, String(c))));
  }
  roving(grid);
  body.append(grid, el('p.note', sentence('kernels.first', {})));
  if (row == null) return;
  const list = el('div.matrices');
  inputChannels(layer, row).slice(0, cut).forEach((channel, k) => list.append(el('figure', {},
    matrix(kh, kw, (u, v) => {
      const w = value('weight:' + layer.name, row, k, u * kw + v);
      return { node: num(`weight:${layer.name}[${row},${k},${u},${v}]`, w), number: w };
    }, limit, t('kernel.alt', { n: row, k: channel }), 'small'), el('figcaption', { still: true }, `${t('from.channel')} ${channel}`))));
  body.append(el('h3', sentence('kernel.head', { n: plain(row) })), list);
  if (inputChannels(layer, row).length > cut) body.append(el('p.note', sentence('kernels.more', { n: plain(inputChannels(layer, row).length - cut) })));
}

/** The layer of the atlas that shows what this layer's channels look for. */
const atlasOf = (layer) => run.atlas && run.atlas.layers[run.atlas.owners[layer.name]];

/** Pieces of pictures side by side, out of one strip; most of them only, where a number is given. */
function pieces(strip, label, most = 99) {
  return strip.names.slice(0, most).map((name, i) => {
    const tile = el('span.tile', { role: 'img', label: label(name) });
    Object.assign(tile.style, { backgroundImage: `url(${strip.png})`, backgroundSize: `${100 * strip.names.length}% 100%`,
      backgroundPosition: `${strip.names.length > 1 ? 100 * i / (strip.names.length - 1) : 0}% 0`, aspectRatio: `${strip.w}/${strip.h}` });
    return tile;
  });
}

/** What a layer is likely to look for, by how much of the picture it sees. */
function stageOf(atlas) {
  const share = max(...atlas.field) / max(...run.input.shape.slice(1));
  return t('stage.' + (share < 0.13 ? 'edges' : share < 0.34 ? 'corners' : share < 0.75 ? 'parts' : 'objects'));
}

function looksTab(layer, body) {
  const atlas = atlasOf(layer);
  if (!atlas) {
    body.append(el('p', t('looks.none')), el('pre', { still: true }, `convnet atlas ${run.model.name} DATA -o net.atlas\nconvnet explain ${run.photo.name} --model ${run.model.name} --atlas net.atlas`));
    return;
  }
  const held = Object.keys(atlas.channels).map(Number), at = held.includes(state.c) ? state.c : held[0], strip = atlas.channels[at], owner = run.atlas.owners[layer.name], alt = (name) => t('looks.alt', { name });
  const list = el('select', { test: 'looks-for', onchange: (e) => go({ c: numberOf(e), ...peakOf(layer, numberOf(e)) }, '@looks-for') },
    held.map((c) => el('option', { value: c, selected: c === at, still: true }, c)));
  body.append(el('p.lede', sentence('looks.say', { field: plain(atlas.field.join('×')), at: code(atlas.at), pictures: plain(group(run.atlas.pictures)), data: code(run.atlas.data) }), ' ', stageOf(atlas)),
    el('div.controls', el('label', t('channel'), ' ', list)),
    strip ? el('div.patches', pieces(strip, alt).map((tile, i) => el('figure', tile, el('figcaption', num(`atlas:${owner}[${at},${i}]`, strip.values[i]), ' ', plain(strip.names[i]))))) : el('p.note', t('looks.quiet')),
    el('p.note', t('atlas.stripes')), el('h3', t('looks.story')), storyOf(alt));
}

/** One channel of some layers from the first to the last: how what is looked for grows. */
function storyOf(alt) {
  const names = Object.keys(run.atlas.layers).filter((name) => Object.keys(run.atlas.layers[name].channels).length), count_ = min(5, names.length);
  return el('ol.story', times(count_, (i) => {
    const name = names[round(i * (names.length - 1) / max(1, count_ - 1))], layer = byName.get(name), atlas = run.atlas.layers[name];
    const c = layer.kept.find((k) => atlas.channels[k]) ?? Object.keys(atlas.channels)[0];
    return el('li', el('div.few', pieces(atlas.channels[c], alt, 5)), el('button', { onclick: () => { chooseLayer(layer); go({ tab: 'looks', c: Number(c), ...peakOf(layer, Number(c)) }, 'tab-looks'); } }, plain(name)), el('span', stageOf(atlas)));
  }));
}

function statistics(layer) {
  const row = (key, which, percent) => el('tr', el('th', { scope: 'row' }, t('stat.' + key)),
    el('td', percent ? [num(`calc:100*stat:${layer.name}.${which}`, 100 * layer.stat[which], () => 100 * layer.stat[which]), plain(' %')] : num(`stat:${layer.name}.${which}`, layer.stat[which])));
  return el('table.facts', el('tbody', row('min', 'min'), row('mean', 'mean'), row('max', 'max'), row('std', 'std'), row('zeros', 'zeros', true)));
}

function valuesTab(layer, body) {
  const source = layer.inputs.map((name) => byName.get(name)).find((from) => from && from.hist);
  const figure = (from, title) => el('figure', el('figcaption', title, ' ', code(from.name)),
    histogram(from.hist, t('histogram.alt', { name: from.name })),
    el('div.axis', num(`stat:${from.name}.min`, from.stat.min), num(`stat:${from.name}.max`, from.stat.max)),
    el('details', el('summary', t('as.table')), el('table.facts', el('tbody', from.hist.map((n, i) => el('tr', el('th', { still: true, scope: 'row' }, String(i + 1)), el('td', count(`hist:${from.name}[${i}]`, n))))))));
  body.append(el('div.split even', source ? figure(source, t('before')) : null, figure(layer, source ? t('after') : t('values'))),
    el('p', t('log.scale')), statistics(layer));
  if (layer.kind === 'relu') body.append(el('p.finding', sentence('relu.zeros', holesOf(layer))));
  if (layer.kind === 'bn') body.append(batchNormTable(layer));
}

function batchNormTable(layer) {
  const channels = shownChannels(layer).slice(0, 16), cell = (c, row, key) => el('td', num(`bn:${layer.name}.${key}[${c}]`, value('bn:' + layer.name, row, 0, c)));
  return el('div.scroll', { tabindex: '0' }, el('table.facts', {},
    el('thead', el('tr', ['channel', 'gamma', 'beta', 'mean', 'variance', 'scale', 'shift'].map((key) => el('th', { scope: 'col' }, t('bn.' + key))))),
    el('tbody', channels.map((c) => {
      const line = folded(layer, c);
      return el('tr', el('th', { scope: 'row', still: true }, String(c)), cell(c, 0, 'gamma'), cell(c, 1, 'beta'), cell(c, 2, 'mean'), cell(c, 3, 'variance'),
        el('td', num(`calc:scale(${layer.name},${c})`, line.scale, () => folded(layer, c).scale)), el('td', num(`calc:shift(${layer.name},${c})`, line.shift, () => folded(layer, c).shift)));
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
    body.append(el('p', t('formula.size')), el('p.formula', { still: true }, 'H', el('sub', 'out'), ' = ', line(from[1], a.kernel[0], a.stride[0], [a.padding[0], a.padding[1]], a.dilation[0], h)),
      el('p.formula', { still: true }, 'W', el('sub', 'out'), ' = ', line(from[2], a.kernel[1], a.stride[1], [a.padding[2], a.padding[3]], a.dilation[1], w)));
    if (a.ceil) body.append(el('p', t('formula.ceil')));
    const unused = (from[1] + a.padding[0] + a.padding[1] - a.dilation[0] * (a.kernel[0] - 1) - 1) % a.stride[0];
    if (unused > 0 && !a.ceil) body.append(el('p.note', sentence('formula.unused', { n: plain(unused) })));
  }
  if (layer.kind === 'conv') {
    const a = layer.attr, per = from[0] / a.groups;
    body.append(el('p', t('formula.weights')), el('p.formula', {},
      plain(`${a.kernel[0]}·${a.kernel[1]}·${per}·${c}` + plus(a, c)), count(`meta:${layer.name}.params`, layer.params)),
    el('p', t('formula.macs')), el('p.formula', plain(`${a.kernel[0]}·${a.kernel[1]}·${per} · ${c}·${h}·${w} = `), count(`meta:${layer.name}.macs`, layer.macs)),
    el('p.note', t('formula.correlation')));
  } else if (layer.kind === 'linear') {
    body.append(el('p.formula', plain(`${from[0] * from[1] * from[2]}·${c}` + plus(layer.attr, c)), count(`meta:${layer.name}.params`, layer.params)));
  } else if (layer.kind === 'bn') {
    body.append(el('p.formula', 'y = γ · (x − μ) / √(σ² + ε) + β'), el('p', t('formula.bn')));
  } else if (texts.en['formula.' + layer.kind]) {
    body.append(el('p.formula', sentence('formula.' + layer.kind, { n: plain('0') })));
  }
  if (layer.kind === 'maxpool' || layer.kind === 'avgpool') body.append(el('p', sentence(layer.attr.countPad ? 'pool.counts' : 'pool.ignores', {})));
  if (layer.rf) body.append(el('p', sentence(layer.rf.global ? 'field.global' : 'field.say', {
    size: num(`meta:${layer.name}.rf`, layer.rf.h[0]), jump: num(`meta:${layer.name}.jump`, layer.rf.h[1]) })));
}
