/// What was compared with what, where, and what was left out.
let provenanceTemplate = #"""
  <section id="{{id}}-provenance" aria-labelledby="{{id}}-provenance-h">
  <h2 id="{{id}}-provenance-h">Provenance</h2>
  <dl class="facts">
  {{#facts}}
  <div><dt>{{name}}</dt><dd>{{#isCode}}<code>{{value}}</code>{{/isCode}}{{^isCode}}<bdi>{{value}}</bdi>{{/isCode}}</dd></div>
  {{/facts}}
  </dl>
  <div class="scroll" tabindex="0" role="region" aria-label="Candidates and their limits">
  <table>
  <thead><tr><th scope="col">Candidate</th><th scope="col">File</th><th scope="col">Arithmetic</th><th scope="col">Limits</th></tr></thead>
  <tbody>
  {{#candidates}}
  <tr><th scope="row"><span class="dot {{colorClass}}"></span><bdi>{{name}}</bdi></th><td><code>{{path}}</code></td><td>{{arithmetic}}</td><td class="limits">{{#limits}}<span>{{.}}</span> {{/limits}}</td></tr>
  {{/candidates}}
  </tbody>
  </table>
  </div>
  {{#skipped}}
  <h3>Goldens that were not run</h3>
  <ul class="skipped">
  {{#list}}
  <li><code>{{id}}</code>: {{reason}}</li>
  {{/list}}
  </ul>
  {{/skipped}}
  </section>

  """#
