/**
 * A letter's HTML as a mail program would show it. It is built anew inside a sandboxed frame, from the few elements that letters are
 * made of: nothing in it runs, and nothing is fetched. Styles are set through the object model, because the page's policy, which
 * the frame has inherited, refuses style attributes; so a letter looks right, and the policy stays as it is.
 */
import { useEffect, useRef, useState } from "react";
import styles from "./outbox.module.css";

const ELEMENTS = new Set(["A", "B", "BR", "DIV", "EM", "H1", "H2", "H3", "HR", "I", "LI", "OL", "P", "SPAN", "STRONG", "TABLE", "TBODY", "TD", "TH", "THEAD", "TR", "U", "UL"]);
const ATTRIBUTES = ["class", "align", "width", "cellpadding", "cellspacing", "role"];

function dress(element: HTMLElement, like: Element) {
  for (const name of ATTRIBUTES) {
    const value = like.getAttribute(name);
    if (value !== null) element.setAttribute(name, value);
  }
  element.style.cssText = like.getAttribute("data-style") ?? "";
}

function build(into: HTMLElement, from: Element) {
  const page = into.ownerDocument;
  for (const node of from.childNodes) {
    if (node.nodeType === Node.TEXT_NODE) into.append(node.textContent ?? "");
    if (!(node instanceof Element) || !ELEMENTS.has(node.tagName)) continue;
    const element = page.createElement(node.tagName);
    dress(element, node);
    if (element.tagName === "A" && /^https?:\/\//i.test(node.getAttribute("href") ?? "")) {
      element.setAttribute("href", node.getAttribute("href") ?? "");
      element.setAttribute("target", "_blank");
      element.setAttribute("rel", "noopener noreferrer");
    }
    build(element, node);
    into.append(element);
  }
}

function fill(frame: HTMLIFrameElement, html: string) {
  const page = frame.contentDocument;
  const window = frame.contentWindow as (Window & typeof globalThis) | null;
  if (!page || !window) return;
  /* Even a document that is only read reports its styles as against the policy: they are taken out of the text before. */
  const sheets: string[] = [];
  const bare = html.replace(/<style[^>]*>([^]*?)<\/style>/gi, (_, css: string) => (sheets.push(css), "")).replace(/(<[^>]*?\s)style=/gi, "$1data-style=");
  const letter = new DOMParser().parseFromString(bare, "text/html");
  const sheet = new window.CSSStyleSheet();
  sheet.replaceSync(sheets.join("\n"));
  page.adoptedStyleSheets = [sheet];
  dress(page.body, letter.body);
  page.body.replaceChildren();
  build(page.body, letter.body);
}

export function LetterFrame({ html, title }: { html: string; title: string }) {
  const frame = useRef<HTMLIFrameElement>(null);
  const [loaded, setLoaded] = useState(false);
  const [height, setHeight] = useState(480);

  useEffect(() => {
    const at = frame.current;
    if (!loaded || !at) return;
    fill(at, html);
    const measure = () => setHeight(at.contentDocument?.documentElement.offsetHeight ?? 480);
    const observer = new ResizeObserver(measure);
    observer.observe(at);
    measure();
    return () => observer.disconnect();
  }, [loaded, html]);

  return (
    <iframe
      ref={frame}
      className={styles.frame}
      style={{ height }}
      title={title}
      /* Without scripts. The same origin lets this page build the letter; links open in a window of their own. */
      sandbox="allow-same-origin allow-popups allow-popups-to-escape-sandbox"
      srcDoc='<!doctype html><html lang="en"><title>Letter</title><body></body></html>'
      onLoad={() => setLoaded(true)}
    />
  );
}
