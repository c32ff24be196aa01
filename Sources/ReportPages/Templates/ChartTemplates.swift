/// The buttons that show and hide series.
let legendTemplate = #"""
  <div class="legend" role="group" aria-label="Candidates shown in the charts">
  {{#keys}}
  <button type="button" class="key {{colorClass}}" data-series="{{index}}" aria-pressed="true"><svg viewBox="0 0 14 14" aria-hidden="true">{{{marker}}}</svg><bdi>{{name}}</bdi></button>
  {{/keys}}
  </div>
  """#

/// A drawing with its title above and its note below.
let figureTemplate = #"""
  <figure><h3>{{title}}</h3>
  {{{drawing}}}
  <figcaption>{{note}}</figcaption></figure>
  """#

/// Size against error, and errors along the runs.
let chartsTemplate = #"""
  <section id="{{id}}-charts" aria-labelledby="{{id}}-charts-h" data-scope>
  <h2 id="{{id}}-charts-h">Charts</h2>
  <div class="controls">
  {{>legend}}
  <label class="choice">Runs of <select class="golden">
  <option value="all">all goldens, median</option>
  {{#choices}}
  <option value="{{index}}">{{id}}</option>
  {{/choices}}
  </select></label>
  </div>
  <div class="figures">
  {{#figures}}
  {{>figure}}
  {{/figures}}
  </div>
  </section>

  """#

/// The heat map: blocks down, noise levels of each candidate across.
let layersTemplate = #"""
  <section id="{{id}}-layers" aria-labelledby="{{id}}-layers-h">
  <h2 id="{{id}}-layers-h">Error of each block</h2>
  <p class="note">What each block adds to the error by itself, at the steps named above in per cent of the run; the mean over the goldens. Shades stand for equal ratios.</p>
  <p class="scale"><span>{{lowest}}</span><span class="ramp" aria-hidden="true"></span><span>{{highest}}</span><output class="readout" aria-live="polite">Point at a cell to read it.</output></p>
  <div class="scroll" tabindex="0" role="region" aria-labelledby="{{id}}-layers-h">
  <table class="heat">
  <thead>
  <tr><td></td>{{#candidates}}<th scope="colgroup" colspan="{{columnCount}}" class="first"><span class="dot {{colorClass}}"></span><bdi>{{name}}</bdi></th>{{/candidates}}</tr>
  <tr><th scope="col">Block</th>{{#headings}}<th scope="col"{{#isFirst}} class="first"{{/isFirst}}>{{text}}</th>{{/headings}}</tr>
  </thead>
  {{#parts}}
  <tbody data-prefix="{{prefix}}">
  <tr class="part"><th scope="rowgroup" colspan="{{columnCount}}"><code>{{prefix}}</code></th></tr>
  {{#rows}}
  <tr><th scope="row"><code>{{block}}</code></th>{{#cells}}<td class="{{shade}}{{#isFirst}} first{{/isFirst}}">{{text}}</td>{{/cells}}</tr>
  {{/rows}}
  </tbody>
  {{/parts}}
  </table>
  </div>
  </section>

  """#

extension LayersSection {
  /// The shades: mixtures of two colours of the style sheet, so that dark mode has its own.
  static var styles: String {
    (0..<shadeCount).map { shade in
      let share = shade * 100 / (shadeCount - 1)
      return ".h\(shade){background:color-mix(in oklab,var(--heat-high) \(share)%,var(--heat-low))}"
    }.joined()
  }
}
