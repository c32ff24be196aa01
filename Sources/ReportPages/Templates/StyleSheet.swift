/// The style sheet: colours first, light and dark in one place, then parts in the order of the page.
let styleSheet = #"""
  :root{color-scheme:light dark;
  --bg:light-dark(#faf9f7,#14161a);--panel:light-dark(#fff,#1b1e23);--ink:light-dark(#1c1e22,#e8eaed);
  --muted:light-dark(#5a616b,#a2aab5);--line:light-dark(#e2e1dd,#30353d);
  --accent:light-dark(#0b5cad,#84bdf5);--pass:light-dark(#0a6b3d,#63d69d);
  --fail:light-dark(#ab1f19,#ff958b);
  --heat-low:light-dark(#edf1f6,#232931);--heat-high:light-dark(#08376b,#b4dbff);
  --c0:light-dark(#0072b2,#5ab4f0);--c1:light-dark(#d55e00,#ff9250);--c2:light-dark(#00845f,#3cc9a0);
  --c3:light-dark(#b4528d,#e79ac6);--c4:light-dark(#a97400,#f0b73c);--c5:light-dark(#2a92c9,#9adcff);
  --c6:light-dark(#4a4f57,#c3c9d1)}
  :root[data-theme=light]{color-scheme:light}
  :root[data-theme=dark]{color-scheme:dark}
  .s0{--s:var(--c0)}.s1{--s:var(--c1)}.s2{--s:var(--c2)}.s3{--s:var(--c3)}.s4{--s:var(--c4)}
  .s5{--s:var(--c5)}.s6{--s:var(--c6)}.s-reference{--s:transparent}
  *{box-sizing:border-box}
  html{-webkit-text-size-adjust:100%;scroll-padding-top:56px}
  body{margin:0;background:var(--bg);color:var(--ink);
  font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans","DejaVu Sans",sans-serif}
  h1,h2,h3,p,figure,dl,dd,ul{margin:0;padding:0}
  h1{font-size:clamp(22px,4.5vw,32px);line-height:1.2;font-weight:650;letter-spacing:-.01em}
  h2{font-size:19px;font-weight:650;margin-bottom:12px}
  h3{font-size:14px;font-weight:600}
  code{font:.9em/1.4 ui-monospace,"SF Mono",Menlo,Consolas,"DejaVu Sans Mono",monospace;
  overflow-wrap:anywhere}
  bdi,dd,td,tbody th,.missing,h1,.notice{overflow-wrap:anywhere}
  small{display:block;color:var(--muted);font-size:12px;font-weight:400}
  button,select{font:inherit;color:inherit;background:var(--panel);border:1px solid var(--line);
  border-radius:7px;padding:5px 11px;cursor:pointer}
  button:hover,select:hover{border-color:var(--muted)}
  :focus-visible{outline:2px solid var(--accent);outline-offset:2px}
  a{color:var(--accent)}
  .skip{position:absolute;left:-999px}
  .skip:focus{left:8px;top:8px;background:var(--panel);padding:6px 10px;z-index:9}
  .over,.sub,.note,.muted,figcaption{color:var(--muted);font-size:13px}
  .over{margin-bottom:4px}
  .top,main,nav{max-width:1240px;margin:0 auto;padding:0 20px}
  .top{display:flex;justify-content:space-between;align-items:flex-start;gap:16px;padding-top:28px;
  padding-bottom:14px}
  .sub{margin-top:6px}
  .verdict::before{content:"";display:inline-block;width:.5em;height:.5em;border-radius:50%;
  margin-right:.4em;vertical-align:.12em;background:var(--muted)}
  .verdict.pass::before{background:var(--pass)}.verdict.fail::before{background:var(--fail)}
  nav{position:sticky;top:0;z-index:5;background:var(--bg);max-width:none;
  border-bottom:1px solid var(--line)}
  nav ul{display:flex;gap:4px 20px;overflow-x:auto;list-style:none;max-width:1200px;margin:0 auto;
  scrollbar-width:none}
  nav a{display:block;padding:10px 0;white-space:nowrap;text-decoration:none;color:var(--muted);
  font-size:14px}
  nav a:hover{color:var(--ink)}
  section{margin-top:34px}
  section>.note{margin:-6px 0 10px}
  #theme[aria-pressed=true]{background:var(--ink);color:var(--bg)}
  .set{margin:44px 0 -14px;border-top:2px solid var(--line);padding-top:24px}
  .notice{margin-top:24px;padding:12px 16px;border:1px solid var(--line);border-left:4px solid var(--fail);
  border-radius:7px;background:var(--panel)}
  .scroll{overflow-x:auto;background:var(--panel);border:1px solid var(--line);border-radius:10px}
  table{border-collapse:separate;border-spacing:0;width:100%;font-size:14px;
  font-variant-numeric:tabular-nums}
  th,td{padding:8px 12px;text-align:left;vertical-align:top;border-top:1px solid var(--line)}
  thead tr:first-child>*{border-top:0}
  thead th,thead td{font-size:12.5px;font-weight:500;color:var(--muted);vertical-align:bottom}
  tbody th{font-weight:600;position:sticky;left:0;background:var(--panel);z-index:1;
  min-width:130px;max-width:min(320px,46vw)}
  td:not(.num,:has(.badge)){min-width:180px}
  .num{text-align:right;white-space:nowrap}
  thead .num{white-space:normal}
  .sort{all:unset;cursor:pointer;border-radius:3px}
  .sort:hover{color:var(--ink)}
  .sort:focus-visible{outline:2px solid var(--accent);outline-offset:2px}
  [aria-sort] .sort{color:var(--ink);font-weight:600}
  [aria-sort=ascending] .sort::after{content:" ↑"}
  [aria-sort=descending] .sort::after{content:" ↓"}
  .reference,.reference th{color:var(--muted);font-weight:500}
  .dot{display:inline-block;width:9px;height:9px;border-radius:50%;background:var(--s);
  margin-right:7px;vertical-align:.03em}
  .dot.s-reference{border:1.5px solid var(--muted)}
  .badge{white-space:nowrap;font-weight:600;color:var(--muted)}
  .badge.pass{color:var(--pass)}.badge.fail{color:var(--fail)}
  .controls{display:flex;flex-wrap:wrap;gap:10px 20px;align-items:center;
  justify-content:space-between;margin-bottom:12px}
  .legend{display:flex;flex-wrap:wrap;gap:6px}
  #trends .legend{margin-bottom:12px}
  .key{display:inline-flex;align-items:center;gap:6px;padding:3px 10px;font-size:13px;
  border-radius:99px;max-width:100%;text-align:left}
  .key svg{width:14px;height:14px;flex:none;fill:var(--s)}
  .key[aria-pressed=false]{color:var(--muted);text-decoration:line-through;opacity:.75}
  .key[aria-pressed=false] svg{fill:none;stroke:var(--s)}
  .choice{font-size:13px;color:var(--muted)}
  .choice select{max-width:200px;color:var(--ink);padding:3px 8px}
  .figures{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,400px),1fr));gap:14px}
  .figures figure{background:var(--panel);border:1px solid var(--line);border-radius:10px;
  padding:14px 16px 12px;max-width:640px}
  .figures svg{display:block;width:100%;height:auto;margin:8px 0 6px}
  svg text{font-size:12px;fill:var(--ink)}
  @media(min-width:900px){svg text{font-size:9.5px}}
  @media(max-width:480px){svg text{font-size:13.5px}}
  svg [hidden]{display:none}
  .grid path{stroke:var(--line);fill:none}
  .grid text{fill:var(--muted)}
  .grid .axis,.grid .tick{stroke:var(--muted)}
  .line path{fill:none;stroke:var(--s);stroke-width:2;stroke-linejoin:round;stroke-linecap:round}
  .line .band{fill:var(--s);stroke:none;opacity:.14}
  .mark,.line .mark path{fill:var(--s);stroke:var(--panel);stroke-width:1}
  .mark text{paint-order:stroke;stroke:var(--panel);stroke-width:3px}
  .scale{display:flex;flex-wrap:wrap;align-items:center;gap:8px;font-size:13px;color:var(--muted);
  font-variant-numeric:tabular-nums}
  .scale{margin:6px 0 10px}
  .ramp{width:130px;height:11px;border-radius:3px;
  background:linear-gradient(90deg in oklab,var(--heat-low),var(--heat-high))}
  .readout{margin-left:8px;color:var(--ink)}
  .heat{width:auto;min-width:min(100%,420px)}
  .heat th,.heat td{border:0;padding:0}
  .heat tbody th{padding:0 12px 0 14px;font-weight:400;white-space:nowrap;max-width:none;
  vertical-align:middle;line-height:17px}
  .heat thead>*>*{padding:8px 6px 4px}
  .heat thead tr:last-child>*{padding-top:0;text-align:center}
  .heat thead th:first-child,.heat thead td:first-child{padding-left:14px;text-align:left}
  .heat thead tr:first-child th{max-width:0;overflow:hidden;text-overflow:ellipsis;white-space:nowrap;
  padding-left:10px}
  .heat tbody tr:not(.part)>th{text-align:right;min-width:60px}
  .heat tbody td{height:17px;min-width:26px;font-size:0;border:solid var(--panel);border-width:0 1px 1px 0}
  .heat thead td{min-width:0}
  .heat .part th{padding-top:9px;color:var(--muted);font-size:12px;min-width:0}
  .heat tbody:first-of-type .part th{padding-top:0}
  .heat tbody td:hover{outline:2px solid var(--ink);outline-offset:-1px}
  .heat .first{border-left:10px solid var(--panel)}
  .heat tbody:last-child tr:last-child>*{padding-bottom:0;border-bottom:10px solid var(--panel)}
  .h-none{background:repeating-linear-gradient(45deg,var(--line) 0 2px,transparent 2px 6px)}
  .segments{border:0;margin:0;padding:0;display:flex;align-items:center}
  .segments legend{float:left;padding:0 10px 0 0;font-size:13px;color:var(--muted)}
  .segments input{position:absolute;opacity:0}
  .segments span{display:block;padding:5px 12px;font-size:13px;border:1px solid var(--line);
  background:var(--panel);margin-left:-1px;cursor:pointer}
  .segments label:first-of-type span{border-radius:7px 0 0 7px}
  .segments label:last-of-type span{border-radius:0 7px 7px 0}
  .segments :checked+span{background:var(--ink);color:var(--bg);border-color:var(--ink)}
  .segments :focus-visible+span{outline:2px solid var(--accent);outline-offset:2px}
  .gallery>.note{margin:0 0 12px}
  .gallery:not([data-show=map]) .only-map{display:none}
  .only-map{margin:0}
  .pictures{width:auto;
  --w:clamp(104px,calc((min(100vw,1240px) - 60px)/var(--n) - 20px),256px)}
  .pictures th,.pictures td{padding:10px;width:calc(var(--w) + 20px);min-width:calc(var(--w) + 20px);
  max-width:calc(var(--w) + 20px)}
  .pictures img,.pictures canvas{display:block;width:var(--w);height:auto;border-radius:4px}
  .pictures .golden{margin-bottom:6px}
  .pictures .prompt{line-height:1.35}
  .pictures td small{margin-top:5px;font-variant-numeric:tabular-nums}
  .pictures td small span{display:inline-block;margin-right:6px}
  .open{all:unset;cursor:zoom-in;display:block;border-radius:4px}
  .open:hover{outline:2px solid var(--muted);outline-offset:1px}
  .open:focus-visible{outline:2px solid var(--accent);outline-offset:2px}
  .gallery[data-show=picture] :is(.map,.difference),.gallery[data-show=map] :is(.picture,.difference),
  .gallery[data-show=difference] :is(.picture,.map){display:none}
  .missing{display:flex;align-items:center;min-height:90px;padding:8px;font-size:12px;
  color:var(--muted);border:1px dashed var(--line);border-radius:4px}
  details{border:1px solid var(--line);border-radius:10px;background:var(--panel);margin-bottom:8px}
  details summary{padding:10px 14px;cursor:pointer;font-weight:600;font-size:14px}
  details .muted{font-weight:400}
  details .scroll{border-width:1px 0 0;border-radius:0 0 10px 10px}
  .facts{display:grid;gap:4px 24px;margin-bottom:14px}
  .facts div{display:grid;grid-template-columns:180px 1fr;gap:12px;font-size:14px}
  dt{color:var(--muted)}
  .limits span{display:inline-block;white-space:nowrap;margin-right:14px;font-size:13px}
  #metrics dt{color:var(--ink);font-weight:600}
  .terms{display:grid;gap:12px 32px;grid-template-columns:repeat(auto-fit,minmax(min(100%,340px),1fr));
  font-size:14px}
  .terms dd{color:var(--muted)}
  .skipped{padding-left:20px;font-size:14px}
  section>h3{margin:16px 0 6px}
  main{padding-bottom:60px}
  dialog{border:1px solid var(--line);border-radius:12px;background:var(--panel);color:var(--ink);
  padding:18px;width:min(1000px,calc(100vw - 16px));max-height:calc(100dvh - 16px);overflow-y:auto}
  dialog::backdrop{background:rgb(0 0 0/.6)}
  .bar{display:flex;flex-wrap:wrap;justify-content:space-between;gap:8px}
  .bar:first-child{flex-wrap:nowrap}
  .bar:last-child{position:sticky;bottom:-18px;background:var(--panel);padding:10px 0 18px;margin-bottom:-18px}
  .bar h2{margin:0 0 2px;overflow-wrap:anywhere}
  .bar div{display:flex;gap:8px}
  .bar button:disabled{opacity:.4;cursor:default}
  .panes{display:grid;grid-template-columns:minmax(0,1fr) 240px;gap:18px;margin:12px 0 14px}
  .stage{position:relative;overflow:hidden;border-radius:6px;background:var(--line);align-self:start;
  --x:50%;max-width:calc((100dvh - 190px)*var(--ratio,1))}
  .stage img{display:block;width:100%;height:auto}
  #stage-candidate{position:absolute;inset:0;height:100%;clip-path:inset(0 0 0 var(--x))}
  .wipe{position:absolute;top:0;bottom:0;left:var(--x);width:2px;margin-left:-1px;background:#fff;
  box-shadow:0 0 0 1px rgb(0 0 0/.5)}
  .wipe::after{content:"⇔";position:absolute;top:50%;left:50%;width:34px;height:34px;
  margin:-17px;border-radius:50%;background:#fff;color:#222;display:grid;place-items:center;
  font-size:16px;box-shadow:0 0 0 1px rgb(0 0 0/.4)}
  .tag{position:absolute;bottom:8px;padding:2px 8px;border-radius:4px;background:rgb(0 0 0/.65);
  color:#fff;font-size:12px}
  .left{left:8px}.right{right:8px}
  #slider{position:absolute;inset:0;width:100%;height:100%;margin:0;opacity:0;cursor:ew-resize;
  touch-action:pan-y}
  .stage:has(:focus-visible){outline:2px solid var(--accent);outline-offset:2px}
  .side{display:grid;gap:10px;align-content:start}
  .side figcaption{line-height:1.35;margin-top:3px}
  .side img,.side canvas{display:block;width:100%;height:auto;border-radius:6px;max-width:180px}
  #viewer-figures{font-size:13px;font-variant-numeric:tabular-nums}
  #viewer-figures div{display:flex;justify-content:space-between;gap:12px}
  @media(max-width:720px){
  .top,main,nav{padding-left:14px;padding-right:14px}
  .top{padding-top:18px}
  th,td{padding:7px 9px}
  tbody th{min-width:112px;max-width:38vw}
  .facts div{grid-template-columns:1fr;gap:0;margin-bottom:6px}
  .panes{grid-template-columns:1fr}
  .side{grid-template-columns:1fr 1fr}
  #viewer-figures{grid-column:1/-1}
  .bar div span{display:none}
  .bar div button{min-width:46px}
  }
  @page{margin:12mm}
  @media print{
  :root,:root[data-theme=dark]{color-scheme:light;--bg:#fff}
  nav,#theme,.skip,.controls .choice,.segments,.readout,dialog{display:none!important}
  body{font-size:10.5pt;print-color-adjust:exact;-webkit-print-color-adjust:exact}
  .scroll{overflow:visible;border:0}
  .top,main{max-width:none;padding:0}
  table{font-size:7pt}
  small,thead th{font-size:6pt}
  th,td{padding:2px}
  td:not(.num,:has(.badge)){min-width:0}
  tbody th{position:static;min-width:0}
  .limits span{white-space:normal}
  .badge{margin-right:4px}
  .heat{width:100%}
  .heat tbody td,.heat tbody tr:not(.part)>th{min-width:0;height:11px;line-height:11px}
  .heat .first{border-left-width:5px}
  .legend,.controls{break-after:avoid}
  .figures{grid-template-columns:1fr 1fr}
  figure,tr,.terms div{break-inside:avoid}
  h2,h3{break-after:avoid}
  .pictures{--w:calc(170mm/var(--n) - 3mm)}
  .pictures th,.pictures td{padding:1mm;width:auto;min-width:0;max-width:none}
  }
  """#
