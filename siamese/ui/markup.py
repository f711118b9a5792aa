"""The constant markup of the page's own components, which the JavaScript in `static/` brings to life."""

from __future__ import annotations

PAD = """
<div class="pad">
  <div class="pad-stage is-blank">
    <canvas tabindex="0" role="img"></canvas>
    <p class="pad-hint" aria-hidden="true">draw here</p>
  </div>
  <div class="pad-tools" role="toolbar" aria-label="Drawing tools">
    <button type="button" data-do="undo" title="Undo the last stroke" aria-label="Undo">↶</button>
    <button type="button" data-do="clear" title="Clear the canvas">Clear</button>
    <label class="pad-upload" title="Upload a picture, or drop one on the canvas">
      <input type="file" accept="image/*" aria-label="Upload a picture"><span>Upload</span>
    </label>
    <button type="button" data-do="paste" title="Paste a picture">Paste</button>
    <button type="button" data-do="camera" title="Take a picture with the camera" hidden>Camera</button>
  </div>
  <p class="pad-message" role="alert" hidden></p>
</div>
"""

PHOTO_PAD = """
<div class="pad photo-pad">
  <div class="pad-stage is-blank">
    <canvas tabindex="0" role="img"></canvas>
    <p class="pad-hint" aria-hidden="true">drop, paste or<br>upload a picture</p>
    <div class="crop" tabindex="0" role="group" hidden
      aria-label="Part of the picture that is used. Arrow keys move it, with Shift they change its size.">
      <i data-corner="nw"></i><i data-corner="ne"></i><i data-corner="sw"></i><i data-corner="se"></i>
    </div>
  </div>
  <div class="pad-tools" role="toolbar" aria-label="Picture tools">
    <label class="pad-upload" title="Upload a picture, or drop one on the square">
      <input type="file" accept="image/*" aria-label="Upload a picture"><span>Upload</span>
    </label>
    <button type="button" data-do="paste" title="Paste a picture">Paste</button>
    <button type="button" data-do="camera" title="Take a picture with the camera" hidden>Camera</button>
    <button type="button" data-do="whole" title="Use the whole picture">Whole</button>
    <button type="button" data-do="clear" title="Remove the picture">Clear</button>
  </div>
  <p class="pad-message" role="alert" hidden></p>
</div>
"""

VERDICT = """
<div class="verdict" data-state="empty">
  <p class="verdict-number" aria-live="polite"><span class="verdict-percent"></span> <span class="verdict-unit"></span></p>
  <p class="verdict-words" aria-live="polite"></p>
  <p class="verdict-note" hidden></p>
  <div class="verdict-figure">
    <p class="verdict-legend"><span class="key-same"></span> <span class="key-different"></span>
    <span class="verdict-distance"></span></p>
    <details class="verdict-moving">
      <summary>Move the threshold</summary>
      <input type="range" min="0" max="2" step="0.01" aria-label="Threshold">
      <p class="verdict-accepts" aria-live="polite"></p>
      <button type="button" class="chip">Reset</button>
    </details>
  </div>
</div>
"""

DECISION = """
<details class="decision">
  <summary>How it decides</summary>
  <div class="decision-body">
    <div class="decision-pictures"></div>
    <div class="decision-strips"></div>
    <div class="decision-curve"></div>
  </div>
</details>
"""

SEEN = """
<div class="seen" hidden>
  <canvas class="seen-ink" role="img"></canvas>
  <p class="seen-words"></p>
</div>
"""

MAP = """
<div class="map-controls">
  <div class="segmented map-view" role="group" aria-label="Projection">
    <button type="button" value="tsne" aria-pressed="true">t-SNE</button>
    <button type="button" value="pca" aria-pressed="false">PCA</button>
    <button type="button" value="pca3" aria-pressed="false">3-D</button>
  </div>
  <form class="map-find" role="search">
    <input type="search" placeholder="Find a LABEL or an index" aria-label="Find a LABEL or an index" autocomplete="off"
      enterkeyhint="search">
    <ul class="map-answers" hidden></ul>
  </form>
</div>
<div class="map-frame">
  <div class="map-plot" role="group" tabindex="0" aria-label="Map of the gallery: each point is a picture, near ones look
    alike. Arrow keys move it, plus and minus zoom, 0 shows all."></div>
  <canvas class="map-pictures" aria-hidden="true"></canvas>
  <div class="map-names" aria-hidden="true"></div>
  <div class="map-zoom" role="group" aria-label="Zoom">
    <button type="button" class="chip map-in" title="Zoom in" aria-label="Zoom in">+</button>
    <button type="button" class="chip map-out" title="Zoom out" aria-label="Zoom out">−</button>
    <button type="button" class="chip map-whole" title="Show the whole map">Fit</button>
  </div>
  <div class="map-card" hidden aria-hidden="true"><span class="sprite"></span><span class="map-card-text"></span></div>
</div>
<div class="map-controls map-tools">
  <div class="map-digits" role="group" aria-label="Shown LABELS"></div>
  <div class="segmented map-colour" role="group" aria-label="Colour">
    <button type="button" value="digit" aria-pressed="true">by LABEL</button>
    <button type="button" value="wrong" aria-pressed="false"
      title="Orange: the 5 nearest others say another LABEL">right / wrong</button>
  </div>
  <button type="button" class="chip map-naming" aria-pressed="true" title="Names of the LABELS">Names</button>
  <button type="button" class="chip map-lasso" aria-pressed="false" title="Draw around points to list them">Lasso</button>
</div>
<p class="map-status" aria-live="polite"></p>
<div class="map-controls map-acts">
  <label class="map-k">Neighbours <input type="range" min="1" max="50" step="1"> <output></output></label>
  <button type="button" class="chip map-only" title="Fade all pictures but those listed here" disabled>Only these</button>
  <button type="button" class="chip map-all" title="Show all pictures again" hidden>Show all</button>
  <button type="button" class="chip map-csv" title="Download the listed pictures as a table" disabled>CSV</button>
  <button type="button" class="chip map-clear" title="List nothing">Clear</button>
</div>
<ol class="map-list grid"></ol>
"""

GRID = '<p class="grid-empty"></p><ol class="grid"></ol>'
VOTES = '<p class="votes-words" aria-live="polite"></p><ul class="votes"></ul>'
COPY_LINK = '<button type="button" class="chip" title="Copy a link that opens what you see here">Copy link</button>'
