/// The grid: goldens down, candidates across.
let picturesTemplate = #"""
  <section id="{{id}}-pictures" aria-labelledby="{{id}}-pictures-h" class="gallery" data-show="picture">
  <h2 id="{{id}}-pictures-h">Pictures</h2>
  <div class="controls">
  <fieldset class="segments"><legend>Show</legend>
  <label><input type="radio" name="{{id}}-show" value="picture" checked><span>Picture</span></label>
  <label><input type="radio" name="{{id}}-show" value="difference"><span>Difference × 4</span></label>
  <label><input type="radio" name="{{id}}-show" value="map"><span>FLIP map</span></label>
  </fieldset>
  <p class="scale only-map"><span>0</span><span class="ramp" style="background:linear-gradient(90deg,{{{gradient}}})" aria-hidden="true"></span><span>1, half way ¼</span></p>
  </div>
  <p class="note">{{statement}} A picture opens larger, with a slider against the golden's.</p>
  <div class="scroll" tabindex="0" role="region" aria-labelledby="{{id}}-pictures-h">
  <table class="pictures" style="--n:{{columnCount}}">
  <thead><tr><th scope="col">Golden</th>{{#headings}}<th scope="col"><span class="dot {{colorClass}}"></span><bdi>{{name}}</bdi></th>{{/headings}}</tr></thead>
  <tbody>
  {{#rows}}
  <tr><th scope="row">{{#golden}}{{#address}}<img class="golden" src="{{{.}}}" alt="Golden picture of {{id}}">{{/address}}{{#reason}}<span class="missing">No golden picture: {{.}}</span>{{/reason}}{{/golden}}<bdi class="id">{{id}}</bdi><small class="prompt"><bdi>{{prompt}}</bdi></small></th>
  {{#cells}}
  <td>{{#picture}}{{#address}}<button type="button" class="open" data-candidate="{{candidate}}" data-figures="{{figures}}"><img class="picture" src="{{{.}}}" alt="{{candidate}}, {{id}}">{{#map}}<img class="map" src="{{{.}}}" alt="FLIP map of {{candidate}}, {{id}}">{{/map}}<canvas class="difference" role="img" aria-label="Difference of {{candidate}}, {{id}}"></canvas></button>{{/address}}{{#reason}}<span class="missing">{{.}}</span>{{/reason}}{{/picture}}<small>{{#caption}}<span>{{.}}</span> {{/caption}}</small></td>
  {{/cells}}
  </tr>
  {{/rows}}
  </tbody>
  </table>
  </div>
  </section>

  """#

/// The large view, filled by the script.
let viewerTemplate = #"""
  <dialog id="viewer" aria-labelledby="viewer-title">
  <div class="bar"><h2 id="viewer-title"></h2><button type="button" id="viewer-close" aria-label="Close">✕</button></div>
  <p id="viewer-prompt" class="note"></p>
  <div class="panes">
  <div class="stage" id="stage">
  <img id="stage-golden" alt="Golden picture"><img id="stage-candidate" alt="Picture of the candidate">
  <span class="wipe" id="wipe" aria-hidden="true"></span>
  <span class="tag left">golden</span><span class="tag right">candidate</span>
  <input type="range" id="slider" min="0" max="100" value="50" step="1" aria-label="Share of the picture that shows the golden">
  </div>
  <div class="side">
  <figure><img id="viewer-map" alt="FLIP map"><figcaption>FLIP: black 0, orange ¼, pale 1</figcaption></figure>
  <figure><canvas id="viewer-difference" role="img" aria-label="Difference, four times as strong"></canvas><figcaption>Difference × 4</figcaption></figure>
  <dl id="viewer-figures"></dl>
  </div>
  </div>
  <div class="bar"><div><button type="button" data-way="left" aria-label="Previous candidate">← <span>Candidate</span></button><button type="button" data-way="right" aria-label="Next candidate"><span>Candidate</span> →</button></div><div><button type="button" data-way="up" aria-label="Previous golden">↑ <span>Golden</span></button><button type="button" data-way="down" aria-label="Next golden"><span>Golden</span> ↓</button></div></div>
  </dialog>

  """#
