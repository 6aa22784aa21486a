/// What the lab's pages add to the explain page's style, and their script.
enum LabStyle {
  /// Rules; sizes and colours of text come from the explain page.
  static let css = """

    :root{--k0:#0b6a6e;--k1:#c2410c;--k2:#5d3fa0;--k3:#806000;--k4:#a3246b;--k5:#3b6d22;--good:#2f6b2a;--half:#8a5a00;--bad:#a1200f}
    @media (prefers-color-scheme:dark){:root:not([data-theme=light]){--k0:#5cc3c4;--k1:#ff9a5c;--k2:#b9a2f2;--k3:#dcc05a;--k4:#f08cc0;--k5:#9ccf7c;--good:#8ccf84;--half:#e5b454;--bad:#ff8d7d}}
    :root[data-theme=dark]{--k0:#5cc3c4;--k1:#ff9a5c;--k2:#b9a2f2;--k3:#dcc05a;--k4:#f08cc0;--k5:#9ccf7c;--good:#8ccf84;--half:#e5b454;--bad:#ff8d7d}
    body:has(#say-zh:checked) [lang=en],body:has(#say-en:checked) [lang=zh-Hans]{display:none}
    .say{border:0;padding:0;margin:0;display:flex;min-width:0}.say input{position:absolute;opacity:0;width:1px;height:1px}
    .say label{font-size:14px;line-height:22px;padding:5px 11px;border:1px solid var(--line);background:var(--card);cursor:pointer;margin-left:-1px}
    .say label:first-of-type{border-radius:4px 0 0 4px}.say label:last-of-type{border-radius:0 4px 4px 0}
    .say input:checked+label{background:var(--ink);color:var(--paper);border-color:var(--ink)}
    .say input:focus-visible+label{outline:3px solid var(--accent);outline-offset:2px}
    .opening{display:grid;grid-template-columns:minmax(0,1fr) minmax(0,440px);gap:28px 60px;align-items:start;padding-top:40px}
    .opening.wide{grid-template-columns:minmax(0,1fr)}
    .lab .top+main>.opening{border-top:0;padding-top:28px}
    .opening h1{font-size:clamp(34px,4.4vw,54px)}
    .claim{margin:24px 0 0;padding:2px 0 2px 18px;border-left:3px solid var(--line);font-family:var(--serif);font-size:21px;line-height:1.45}
    .claim footer{font:13px/1.5 var(--sans);color:var(--soft);margin-top:6px}
    .outcome{background:var(--card);border:1px solid var(--line);border-top:5px solid var(--half);border-radius:6px;padding:18px 22px 14px}
    .outcome.holds{border-top-color:var(--good)}.outcome.doesNotHold{border-top-color:var(--bad)}
    .verdict{font:600 27px/1.2 var(--serif);margin:0 0 12px;color:var(--half)}
    .holds .verdict{color:var(--good)}.doesNotHold .verdict{color:var(--bad)}
    .checks{list-style:none;margin:0;padding:0}.checks li{display:flex;gap:10px;padding:9px 0;border-top:1px solid var(--line)}
    .checks p{margin:0;font-size:15px;line-height:1.45}.checks .note{font-size:13px;margin-top:2px}
    .checks .sign{font:700 17px/1.35 var(--sans);padding:0;width:1.1em;flex:none}
    .met .sign{color:var(--good)}.unmet .sign{color:var(--bad)}
    .figures{display:grid;grid-template-columns:repeat(2,minmax(0,1fr));gap:40px 48px;margin-top:20px}
    .figures h3{margin:0 0 8px}.gallery{grid-column:1/-1}
    .plot svg{width:100%;height:auto;display:block;font-family:var(--sans)}
    .plot details{font-size:13px;margin-top:6px}.plot summary{color:var(--soft);min-height:24px}
    .grid{stroke:var(--line);stroke-width:1}.axis{stroke:var(--soft);stroke-width:1}.rail{stroke:var(--line);stroke-width:1}
    svg text{fill:var(--ink);font-size:13px}svg .tick{fill:var(--soft);font-size:12px;font-variant-numeric:tabular-nums}svg .label{fill:var(--soft);font-size:12.5px}
    svg .name{font-size:13.5px}svg .value{font-size:13px;font-family:var(--mono)}
    .k0{--c:var(--k0)}.k1{--c:var(--k1)}.k2{--c:var(--k2)}.k3{--c:var(--k3)}.k4{--c:var(--k4)}.k5{--c:var(--k5)}
    .curve{fill:none;stroke:var(--c);stroke-width:2.2;stroke-linejoin:round;width:auto;max-width:none}.curve.k1{stroke-dasharray:7 3}.curve.k2{stroke-dasharray:2 3}.curve.k3{stroke-dasharray:9 3 2 3}
    .band{fill:var(--c);opacity:.15;stroke:none}.mark{fill:var(--c);stroke:var(--paper);stroke-width:1}
    .dot{fill:var(--k0);opacity:.55}.mean{stroke:var(--ink);stroke-width:2.5}
    .whisker{stroke:#fff;stroke-width:2.2;paint-order:stroke;mix-blend-mode:difference}
    .cells{image-rendering:pixelated}.ring{fill:none;stroke:#ff9a5c;stroke-width:1.5;vector-effect:non-scaling-stroke}
    .legend{list-style:none;display:flex;flex-wrap:wrap;gap:3px 18px;margin:0 0 6px;padding:0;font-size:14px}.legend svg{width:34px;height:14px;vertical-align:-1px;margin-right:6px;display:inline-block}
    .pictures{display:grid;grid-template-columns:repeat(auto-fill,minmax(148px,1fr));gap:18px;margin-top:12px}
    .large .pictures{grid-template-columns:repeat(auto-fill,minmax(250px,1fr));gap:22px}.large .pictures figcaption{font-size:14px}
    .opening .plot{margin-top:34px;max-width:560px}
    .picture{width:100%;height:auto;display:block;background:var(--wash);border:1px solid var(--line)}
    .pictures figcaption{margin-top:5px;font-size:13px}
    .lab .facts{font-size:14px;margin:18px 0;min-width:min(100%,460px)}.lab .facts thead th.words{text-align:left}.lab .facts thead th{min-width:5em}.lab .facts th[scope=row]{white-space:nowrap}.lab .facts thead th{vertical-align:bottom;color:var(--soft);font-weight:400;line-height:1.35}.lab .facts td{font-variant-numeric:tabular-nums;white-space:nowrap}.lab .facts td.words{text-align:left;white-space:normal}.lab .facts caption{font:600 17px/1.3 var(--serif);color:var(--ink);padding-bottom:6px}
    .lab .facts th[scope=row]{color:var(--ink)}.time{color:var(--soft)}
    .findings{max-width:46em;padding-left:1.2em;margin:14px 0}.findings li{margin:7px 0}
    .summary{font-size:14.5px;line-height:1.45;width:100%;min-width:760px}.summary th,.summary td{text-align:left;vertical-align:top;padding:12px 18px 12px 0;border-bottom:1px solid var(--line)}.summary thead th{color:var(--soft);font-weight:400}.summary ul{margin:0;padding:0;list-style:none}.summary li{padding-left:18px;position:relative;margin-bottom:4px}.summary li::before{position:absolute;left:0}.summary .met::before{content:"✓";color:var(--good)}.summary .unmet::before{content:"✗";color:var(--bad)}.summary small{color:var(--soft)}
    .chip{display:inline-block;white-space:nowrap;border-radius:99px;padding:3px 12px;border:1px solid var(--half);color:var(--half);font-weight:600}.chip.holds{border-color:var(--good);color:var(--good)}.chip.doesNotHold{border-color:var(--bad);color:var(--bad)}
    @media (max-width:820px){.opening{grid-template-columns:minmax(0,1fr);gap:22px}.figures{grid-template-columns:minmax(0,1fr)}.claim{font-size:19px}.pictures{grid-template-columns:repeat(auto-fill,minmax(126px,1fr))}}
    @media print{.plot,.gallery,.outcome,tr{break-inside:avoid}.opening{grid-template-columns:1fr 1fr;gap:24px}html{font-size:13px}.summary{min-width:0}.scroll{overflow:visible}.outcome,.picture,.cells{print-color-adjust:exact}.plot details{display:none}.lab section{break-inside:auto;padding:20px 0}}

    """

  /// The reader's language at first, the address's if it names one, and the theme's button. Without it
  /// the page starts in the language that it was written for and follows the system's theme.
  static let script = """
    (function(){var h=document.documentElement,c=document.getElementById.bind(document),w=/lang=(zh|en)/.exec(location.hash),s=h.dataset.start,l=w?w[1]:s==='auto'?(/^zh/.test(navigator.language)?'zh':'en'):s;
    function say(k){h.lang=k==='zh'?'zh-Hans':'en';}
    ['zh','en'].forEach(function(k){c('say-'+k).addEventListener('change',function(){say(k);});});
    c('say-'+l).checked=true;say(l);
    var t=c('theme'),m=/theme=(dark|light)/.exec(location.hash);if(m)h.dataset.theme=m[1];
    t.hidden=false;t.addEventListener('click',function(){var d=h.dataset.theme||(matchMedia('(prefers-color-scheme:dark)').matches?'dark':'light');h.dataset.theme=d==='dark'?'light':'dark';});})();
    """
}
