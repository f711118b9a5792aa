// The Learn tab: settings go out, snapshots of the run come back; they are kept here, and can be shown again.
((siamese) => {
  const SPEED = 8; // snapshots a second, when a run is shown again
  const EASE = 0.18; // seconds in which the picture catches up with a snapshot that has just come
  const MOST = 2; // runs side by side

  siamese.learn = async (element, props, trigger, watch, server) => {
    const find = (name) => element.querySelector(name);
    const [form, status, runsNode, transport, scrub, play] = [
      ".learn-form",
      ".learn-status",
      ".learn-runs",
      ".learn-transport",
      ".learn-scrub",
      ".learn-play",
    ].map(find);
    const settings = siamese.learnForm(element, props);
    const still = matchMedia("(prefers-reduced-motion: reduce)");
    const view = { yaw: -0.6, pitch: 0.35, hidden: new Set(), lines: false };
    const runs = []; // at most two: { settings, name, snapshots, kept, command, view }
    let waiting = []; // settings of the runs that a ready setting still has to make
    let live = null;
    let number = 0; // of the run, to tell late messages of a stopped one apart
    let head = 0;
    let playing = false;
    let following = false;
    let clock = 0;
    let scheduled = false;
    let heldOut = null;

    // --- a run ---
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (live || !heldOut) return;
      const wanted = settings.runs();
      if (wanted.length > 1) for (const run of runs) run.keep(false);
      waiting = wanted.slice(1);
      start(wanted[0]);
    });
    find(".learn-stop").addEventListener("click", () => {
      waiting = [];
      trigger("stop");
      ended(live?.snapshots.length ? `Stopped after step ${live.snapshots.at(-1).step}.` : "Stopped.");
    });

    function start(wanted) {
      const kept = runs.filter((run) => run.kept).slice(0, MOST - 1);
      for (const run of runs) if (!kept.includes(run)) run.view.remove();
      runs.splice(0, runs.length, ...kept);
      live = {
        number: ++number,
        settings: wanted,
        name: siamese.learnSettings.told(wanted, props.names),
        snapshots: [],
        kept: false,
      };
      runs.push(live);
      following = true;
      playing = false;
      head = 0;
      busy(true);
      status.textContent = "Starting …";
      trigger("submit", { number, settings: wanted });
    }
    function busy(on) {
      find(".learn-train").disabled = on;
      find(".learn-stop").disabled = !on;
      element.dataset.live = String(on);
    }

    function received() {
      const value = siamese.parse(props.value);
      if (!live || value?.number !== live.number) return;
      if (value.problem) {
        waiting = [];
        return ended(value.problem);
      }
      if (value.ahead) {
        status.textContent =
          value.ahead === 1
            ? "Another run is going on. You are next."
            : `Other runs come first. You are number ${value.ahead} in the line.`;
        return;
      }
      live.command = value.command;
      const snapshots = value.snapshots.map(siamese.learnSnapshot);
      live.snapshots = value.done
        ? snapshots
        : [...live.snapshots.filter((snapshot) => snapshot.step < snapshots[0].step), ...snapshots];
      if (!live.view) {
        live.view = siamese.learnView(live, heldOut, props.sprite, view, redraw);
        runsNode.append(live.view.root);
        runsNode.dataset.count = runs.length; // one takes the whole width, two half of it each
        transport.hidden = false;
        if (status.getBoundingClientRect().top > innerHeight / 2)
          status.scrollIntoView({ behavior: still.matches ? "auto" : "smooth" });
      }
      const newest = snapshots.at(-1);
      status.textContent = `Training: step ${newest.step} of ${newest.steps}, ${newest.seconds.toFixed(1)} s`;
      if (value.done) {
        const early = newest.step < newest.steps ? ` Its time was up at step ${newest.step} of ${newest.steps}.` : "";
        const never = live.settings.excluded.length
          ? `, and ${(newest.unseen_accuracy * 100).toFixed(1)}\u00a0% of those never shown`
          : "";
        ended(
          `Done in ${newest.seconds.toFixed(1)} s: the neighbours name ${(newest.accuracy * 100).toFixed(1)}\u00a0% of the held-out pictures right${never}.${early}`,
        );
      }
      redraw();
    }
    function ended(text) {
      const done = live;
      live = null;
      busy(false);
      status.textContent = text;
      if (!done.snapshots.length) runs.splice(runs.indexOf(done), 1);
      element.dataset.steps = JSON.stringify(done.snapshots.map((snapshot) => snapshot.step));
      if (waiting.length) {
        done.keep(true);
        start(waiting.shift());
      }
      redraw();
    }

    // --- snapshots ---
    const lastSnapshot = () => Math.max(0, ...runs.map((run) => run.snapshots.length - 1));
    function go(where) {
      const last = lastSnapshot();
      if (where === "play") {
        playing = !(playing || (following && live));
        following = playing && live != null;
        if (!playing) head = Math.round(head);
        if (playing && !live && head >= last) head = 0;
      } else {
        playing = following = false;
        head = { first: 0, back: Math.ceil(head) - 1, forward: Math.floor(head) + 1, last }[where];
        head = Math.max(0, Math.min(last, head));
        following = live != null && where === "last";
      }
      redraw();
    }
    transport.addEventListener("click", (event) => {
      const button = event.target.closest("button");
      if (button) go(button.dataset.go);
    });
    find(".learn-forces input").addEventListener("change", (event) => {
      view.lines = event.target.checked;
      redraw();
    });
    scrub.addEventListener("input", () => {
      playing = following = false;
      head = Number(scrub.value);
      redraw();
    });

    function redraw() {
      if (!scheduled) requestAnimationFrame(tick);
      scheduled = true;
    }
    function tick(now) {
      scheduled = false;
      const passed = Math.min(0.1, (now - clock) / 1000);
      clock = now;
      const last = lastSnapshot();
      const target = live ? live.snapshots.length - 1 : last;
      if (following)
        head =
          still.matches || target - head < 0.01
            ? Math.max(0, target)
            : head + (target - head) * (1 - Math.exp(-passed / EASE));
      else if (playing) head = Math.min(last, head + passed * SPEED);
      if (playing && !live && head >= last) playing = false;
      if (following && !live && head === target) following = false;
      const shown = still.matches ? Math.floor(head) : head;
      for (const run of runs) run.view?.show(shown);
      const leading = runs.reduce((a, b) => (b.snapshots.length > (a?.snapshots.length ?? -1) ? b : a), null);
      const snapshot = leading?.snapshots[Math.min(Math.round(head), leading.snapshots.length - 1)];
      scrub.max = last;
      scrub.value = Math.round(head);
      play.textContent = playing || (following && live) ? "Pause" : "Play";
      if (snapshot) {
        find(".learn-at").textContent = `step ${snapshot.step} of ${snapshot.steps}`;
        scrub.setAttribute("aria-valuetext", `step ${snapshot.step} of ${snapshot.steps}`);
      }
      element.dataset.snapshots = last + (snapshot ? 1 : 0);
      element.dataset.head = Math.round(head);
      if (playing || (following && head !== target)) redraw();
    }

    new MutationObserver(redraw).observe(document.body, { attributes: true, attributeFilter: ["class"] });
    watch("value", received);
    try {
      heldOut = { ...(await server.held_out()), label: props.label, many: props.many };
      busy(false);
      element.dataset.ready = "true";
    } catch (error) {
      status.textContent = "The pictures could not be loaded. Reload the page to try again.";
      throw error;
    }
  };
})(window.siamese);
