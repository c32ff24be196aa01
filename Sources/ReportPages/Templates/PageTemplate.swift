/// The page around its parts.
let pageTemplate = #"""
  <!DOCTYPE html>
  <html lang="en">
  <head>
  <meta charset="utf-8">
  <meta http-equiv="Content-Security-Policy" content="{{{policy}}}">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <meta name="color-scheme" content="light dark">
  <link rel="icon" href="data:,">
  <title>{{page.title}}: {{page.headline.text}}</title>
  <style>{{{style}}}</style>
  </head>
  <body>
  <a class="skip" href="#g0-summary">To the summary</a>
  <header class="top">
  <div>
  <p class="over"><bdi>{{page.title}}</bdi></p>
  <h1 class="verdict {{page.headline.verdictClass}}">{{page.headline.text}}</h1>
  <p class="sub"><bdi>{{page.subtitle}}</bdi></p>
  </div>
  <button type="button" id="theme" aria-pressed="false">Dark</button>
  </header>
  <nav aria-label="Parts of the page"><ul>
  {{#page.anchors}}
  <li><a href="#{{id}}">{{text}}</a></li>
  {{/page.anchors}}
  </ul></nav>
  <main>
  {{#page.notice}}
  <p class="notice">{{.}}</p>
  {{/page.notice}}
  {{#page.groups}}
  {{>group}}
  {{/page.groups}}
  {{#page.trends}}
  <section id="trends" aria-labelledby="trends-h" data-scope>
  <h2 id="trends-h">Trends</h2>
  {{>legend}}
  <div class="figures">
  {{#figures}}
  {{>figure}}
  {{/figures}}
  </div>
  </section>
  {{/page.trends}}
  <section id="metrics" aria-labelledby="metrics-h">
  <h2 id="metrics-h">What the figures mean</h2>
  <dl class="terms">
  {{#page.explanations}}
  <div><dt>{{title}}</dt><dd>{{text}}</dd></div>
  {{/page.explanations}}
  </dl>
  </section>
  </main>
  {{>viewer}}
  <script>{{{script}}}</script>
  </body>
  </html>

  """#

/// Everything about one golden set.
let groupTemplate = #"""
  {{#heading}}
  <h2 class="set"><bdi>{{.}}</bdi></h2>
  {{/heading}}
  {{#summary}}
  {{>summary}}
  {{/summary}}
  {{#violations}}
  {{>violations}}
  {{/violations}}
  {{#charts}}
  {{>charts}}
  {{/charts}}
  {{#layers}}
  {{>layers}}
  {{/layers}}
  {{#pictures}}
  {{>pictures}}
  {{/pictures}}
  {{#goldens}}
  {{>goldens}}
  {{/goldens}}
  {{#tensors}}
  {{>tensors}}
  {{/tensors}}
  {{#provenance}}
  {{>provenance}}
  {{/provenance}}

  """#
