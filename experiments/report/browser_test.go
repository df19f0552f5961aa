package report

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

// browser returns a headless browser, or skips the test.
func browser(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	t.Skip("no chromium or google-chrome here: the page is not shown in a browser (Debian: apt-get install chromium)")
	return ""
}

// patience is for a browser that starts on a busy machine.
const patience = 3 * time.Minute

// visit opens a page in a window and returns what its document became. A browser
// that dies or gives up on a busy machine is started anew.
func visit(t *testing.T, path, size string) string {
	t.Helper()
	const tries = 3
	var dom, said string
	var err error
	for range tries {
		if dom, said, err = visitOnce(t, path, size); err == nil && strings.Contains(dom, `data-looked="yes"`) {
			return dom
		}
	}
	if err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
	return dom
}

func visitOnce(t *testing.T, path, size string) (dom, said string, err error) {
	home, err := os.MkdirTemp("", "nrpage")
	if err != nil {
		return "", "", err
	}
	cmd := exec.CommandContext(t.Context(), browser(t), "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-extensions",
		"--disable-background-networking", "--disable-breakpad", "--disable-dev-shm-usage", "--host-resolver-rules=MAP * ~NOTFOUND", "--user-data-dir="+filepath.Join(home, "profile"),
		"--window-size="+size, "--virtual-time-budget=5000", "--timeout=120000", "--dump-dom", "file://"+path)
	cmd.Env = append(os.Environ(), "HOME="+home, "XDG_CONFIG_HOME="+home, "XDG_CACHE_HOME="+home, "XDG_RUNTIME_DIR="+home)
	// In a group of its own: a browser is many processes, and some outlive it.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	end := func() { _ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	var out, errs strings.Builder
	cmd.Stdout, cmd.Stderr, cmd.WaitDelay = &out, &errs, patience
	if err := cmd.Start(); err != nil {
		return "", "", errors.Join(err, os.RemoveAll(home))
	}
	limit := time.AfterFunc(patience, end)
	err = cmd.Wait()
	limit.Stop()
	end()
	for deadline := time.Now().Add(patience); os.RemoveAll(home) != nil && time.Now().Before(deadline); {
		time.Sleep(10 * time.Millisecond) // the last of them may still write
	}
	return out.String(), errs.String(), err
}

// looks is a script that a page is visited with: it uses the page as a reader
// does, and writes what it found into the document.
const looks = `<script>
(function () {
  const found = {}, root = document.documentElement;
  const report = () => { for (const k in found) root.dataset[k] = found[k]; root.dataset.looked = "yes"; };
  try {
    found.wide = root.scrollWidth - root.clientWidth;
    const chart = document.querySelector(".chart"), canvas = chart.querySelector("canvas"), over = chart.querySelector(".u-over");
    const ink = () => { const d = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data; let n = 0; for (let i = 3; i < d.length; i += 4) n += d[i] > 0; return n; };
    const settled = f => setTimeout(f, 50);
    found.ink = ink();
    const first = chart.dataset.shown, box = over.getBoundingClientRect();
    const mouse = (type, x, on) => on.dispatchEvent(new MouseEvent(type, { bubbles: true, clientX: box.left + x, clientY: box.top + 40, movementX: 9, button: 0 }));
    mouse("mousemove", 30, over); mouse("mousedown", 30, over); mouse("mousemove", box.width / 2, over); mouse("mouseup", box.width / 2, document);
    settled(() => {
      found.zoomed = chart.dataset.shown !== first;
      chart.querySelector(".reset").click();
      settled(() => {
        found.back = chart.dataset.shown === first;
        chart.querySelector(".legend button").click();
        settled(() => { found.hidden = ink() < found.ink; report(); });
      });
    });
  } catch (e) { found.error = e.message; report(); }
})();
</script></body>`

// TestInABrowser shows the page in a headless browser without a network, at the
// width of a phone and of a desktop: every chart is drawn, nothing is wider than
// the screen, and charts zoom, zoom out and hide lines.
func TestInABrowser(t *testing.T) {
	browser(t)
	path := filepath.Join(t.TempDir(), "report.html")
	text := pageOfTest(t, folder(t))
	at := strings.LastIndex(text, "</body>")
	if err := os.WriteFile(path, []byte(text[:at]+looks+text[at+len("</body>"):]), 0o644); err != nil {
		t.Fatal(err)
	}
	for name, size := range map[string]string{"phone": "390,844", "desktop": "1280,900"} {
		t.Run(name, func(t *testing.T) {
			dom := visit(t, path, size)
			if n, want := strings.Count(dom, `data-drawn="yes"`), strings.Count(text, ` data-chart>`); n != want || n == 0 {
				t.Errorf("%d of %d charts were drawn", n, want)
			}
			if strings.Contains(dom, "could not be drawn: ") && !strings.Contains(text, "could not be drawn: ") {
				t.Error("a chart could not be drawn")
			}
			root := regexp.MustCompile(`<html[^>]*>`).FindString(dom)
			for _, want := range []string{`data-ready="yes"`, `data-looked="yes"`, `data-wide="0"`, `data-zoomed="true"`, `data-back="true"`, `data-hidden="true"`} {
				if !strings.Contains(root, want) {
					t.Errorf("want %s; the document is %s", want, root)
				}
			}
			if strings.Contains(root, "data-error") || strings.Contains(root, `data-ink="0"`) {
				t.Errorf("the document is %s", root)
			}
		})
	}
}
