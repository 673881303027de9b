import { Suspense, lazy, useEffect, useLayoutEffect, useRef, useState, type ReactNode } from "react";
import { Menu as MenuIcon, Search } from "lucide-react";
import { useLocation } from "wouter";
import { Drawer, IconButton, Wordmark } from "@tenon/ui";
import { ImpersonationBanner } from "../features/auth/impersonation-banner";
import { VerifyBanner } from "../features/auth/verify-banner";
import { Sidebar } from "./sidebar";
import styles from "./shell.module.css";

const Palette = lazy(() => import("./palette"));

export default function Shell({ children }: { children: ReactNode }) {
  const [drawer, setDrawer] = useState(false);
  const [palette, setPalette] = useState(false);
  const [location] = useLocation();

  const main = useRef<HTMLElement>(null);
  const before = useRef(location);

  useEffect(() => setDrawer(false), [location]);

  /* A new page begins at its top and is where a screen reader goes on, unless it has already taken the focus to one of its fields. */
  useLayoutEffect(() => {
    if (before.current === location) return;
    before.current = location;
    main.current?.scrollTo(0, 0);
    if (!main.current?.contains(document.activeElement)) main.current?.focus({ preventScroll: true });
  }, [location]);

  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if ((event.metaKey || event.ctrlKey) && !event.shiftKey && !event.altKey && event.key.toLowerCase() === "k") {
        event.preventDefault();
        setPalette((open) => !open);
      }
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, []);

  const openPalette = () => {
    setDrawer(false);
    setPalette(true);
  };

  return (
    <div className={styles.shell}>
      <a className={styles.skip} href="#main">
        Skip to content
      </a>
      <div className={styles.sidebar}>
        <Sidebar onSearch={openPalette} />
      </div>
      <header className={styles.topbar}>
        <Drawer open={drawer} onOpenChange={setDrawer} title="Menu" trigger={<IconButton label="Menu" icon={<MenuIcon />} />}>
          <Sidebar onSearch={openPalette} />
        </Drawer>
        <Wordmark />
        <IconButton label="Search" icon={<Search />} onClick={openPalette} />
      </header>
      <div className={styles.content}>
        <ImpersonationBanner />
        <VerifyBanner />
        <main ref={main} id="main" className={styles.main} tabIndex={-1}>
          {children}
        </main>
      </div>
      {palette && (
        <Suspense>
          <Palette onClose={() => setPalette(false)} />
        </Suspense>
      )}
    </div>
  );
}
