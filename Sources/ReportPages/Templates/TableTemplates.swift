/// A heading that sorts its column.
let headingTemplate = #"""
  <th scope="col" class="num"><button type="button" class="sort">{{.}}</button></th>
  """#

/// A figure, with a second line where it has one.
let cellTemplate = #"""
  <td class="num" data-v="{{key}}">{{text}}{{#small}}<small>{{.}}</small>{{/small}}</td>
  """#

/// A line for each candidate.
let summaryTemplate = #"""
  <section id="{{id}}-summary" aria-labelledby="{{id}}-summary-h">
  <h2 id="{{id}}-summary-h">Summary</h2>
  <p class="note" id="{{id}}-summary-n">Median over the goldens; below it, smaller, the worst golden. A click on a heading sorts.</p>
  <div class="scroll" tabindex="0" role="region" aria-labelledby="{{id}}-summary-h">
  <table class="sortable summary" aria-describedby="{{id}}-summary-n">
  <thead><tr>
  <th scope="col"><button type="button" class="sort">Candidate</button></th>
  <th scope="col"><button type="button" class="sort">Verdict</button></th>
  {{#headings}}{{>heading}}{{/headings}}
  </tr></thead>
  <tbody>
  {{#rows}}
  <tr{{#isReference}} class="reference"{{/isReference}}>
  <th scope="row" data-v="{{name}}"><span class="dot {{colorClass}}"></span><bdi>{{name}}</bdi>{{#isReference}}<small>the unquantized model</small>{{/isReference}}{{#recipe}}<small>recipe <bdi>{{.}}</bdi></small>{{/recipe}}{{#arithmetic}}<small>in {{.}} arithmetic</small>{{/arithmetic}}</th>
  <td data-v="{{verdict.word}}"><span class="badge {{verdict.verdictClass}}"><span aria-hidden="true">{{verdict.sign}}</span> {{verdict.word}}</span></td>
  {{#cells}}{{>cell}}{{/cells}}
  </tr>
  {{/rows}}
  </tbody>
  </table>
  </div>
  </section>

  """#

/// Every limit that is not kept.
let violationsTemplate = #"""
  <section id="{{id}}-violations" aria-labelledby="{{id}}-violations-h">
  <h2 id="{{id}}-violations-h">Limits that are not kept</h2>
  <div class="scroll" tabindex="0" role="region" aria-labelledby="{{id}}-violations-h">
  <table class="sortable">
  <thead><tr>
  <th scope="col"><button type="button" class="sort">Candidate</button></th>
  <th scope="col"><button type="button" class="sort">Where</button></th>
  <th scope="col"><button type="button" class="sort">Limit</button></th>
  <th scope="col" class="num"><button type="button" class="sort">Allowed</button></th>
  <th scope="col" class="num"><button type="button" class="sort">Found</button></th>
  </tr></thead>
  <tbody>
  {{#rows}}
  <tr>
  <th scope="row" data-v="{{candidate}}"><span class="dot {{colorClass}}"></span><bdi>{{candidate}}</bdi></th>
  <td data-v="{{subject}}"><code>{{subject}}</code>{{#place}}<small>{{.}}</small>{{/place}}</td>
  <td data-v="{{limit}}"><code>{{limit}}</code></td>
  {{#allowed}}{{>cell}}{{/allowed}}
  {{#found}}{{>cell}}{{/found}}
  </tr>
  {{/rows}}
  </tbody>
  </table>
  </div>
  {{#omission}}
  <p class="note">{{.}}</p>
  {{/omission}}
  </section>

  """#

/// For each candidate a table of its goldens, folded.
let goldensTemplate = #"""
  <section id="{{id}}-goldens" aria-labelledby="{{id}}-goldens-h">
  <h2 id="{{id}}-goldens-h">Every golden</h2>
  {{#candidates}}
  <details>
  <summary><span class="dot {{colorClass}}"></span><bdi>{{name}}</bdi></summary>
  <div class="scroll" tabindex="0" role="region" aria-label="Goldens of {{name}}">
  <table class="sortable">
  <thead><tr>
  <th scope="col"><button type="button" class="sort">Golden</button></th>
  <th scope="col" class="num"><button type="button" class="sort">Steps</button></th>
  {{#headings}}{{>heading}}{{/headings}}
  </tr></thead>
  <tbody>
  {{#rows}}
  <tr><th scope="row" data-v="{{id}}"><bdi>{{id}}</bdi><small><bdi>{{prompt}}</bdi></small></th>
  {{#stepCount}}{{>cell}}{{/stepCount}}{{#cells}}{{>cell}}{{/cells}}</tr>
  {{/rows}}
  </tbody>
  </table>
  </div>
  </details>
  {{/candidates}}
  </section>

  """#

/// For each candidate its worst tensors, folded.
let tensorsTemplate = #"""
  <section id="{{id}}-tensors" aria-labelledby="{{id}}-tensors-h">
  <h2 id="{{id}}-tensors-h">Tensors</h2>
  {{#candidates}}
  <details>
  <summary><span class="dot {{colorClass}}"></span><bdi>{{name}}</bdi> <span class="muted">{{count}}</span></summary>
  <div class="scroll" tabindex="0" role="region" aria-label="Tensors of {{name}}">
  <table class="sortable">
  <thead><tr>
  <th scope="col"><button type="button" class="sort">Tensor</button></th>
  <th scope="col"><button type="button" class="sort">Stored as</button></th>
  {{#headings}}{{>heading}}{{/headings}}
  </tr></thead>
  <tbody>
  {{#rows}}
  <tr><th scope="row" data-v="{{name}}"><code>{{name}}</code></th>
  <td data-v="{{encoding}}">{{encoding}}</td>{{#cells}}{{>cell}}{{/cells}}</tr>
  {{/rows}}
  </tbody>
  </table>
  </div>
  </details>
  {{/candidates}}
  </section>

  """#
