import { useEffect, useRef, type ComponentType } from "react";
import { Link, Redirect, useParams } from "wouter";
import { Page, PageHeader } from "@tenon/ui";
import { usePageTitle } from "../../app/page-title";
import { useMe } from "../auth/me";
import { DomainsSection } from "../orgs/domains";
import { MembersSection } from "../orgs/members";
import { RolesSection } from "../orgs/roles";
import { AccountSection } from "./account";
import { ActivitySection } from "./activity";
import { AppearanceSection } from "./appearance";
import { OrganizationSection } from "./organization";
import { SearchSection } from "./search";
import { SecuritySection } from "./security";
import styles from "./settings.module.css";

type Section = { path: string; label: string; group: string; Section: ComponentType; needs?: string };

const SECTIONS: readonly Section[] = [
  { path: "account", label: "Account", group: "You", Section: AccountSection },
  { path: "security", label: "Security", group: "You", Section: SecuritySection },
  { path: "appearance", label: "Appearance", group: "You", Section: AppearanceSection },
  { path: "organization", label: "General", group: "Organization", Section: OrganizationSection },
  { path: "members", label: "Members", group: "Organization", Section: MembersSection },
  { path: "roles", label: "Roles", group: "Organization", Section: RolesSection },
  { path: "domains", label: "Domains", group: "Organization", Section: DomainsSection, needs: "org.manage" },
  { path: "search", label: "Search", group: "Organization", Section: SearchSection },
  { path: "activity", label: "Activity", group: "Organization", Section: ActivitySection },
];

/** Where links from before lead. */
const MOVED: Readonly<Record<string, string>> = { profile: "/settings/account", password: "/settings/security", sessions: "/settings/security", providers: "/providers" };

export default function Settings() {
  const { section } = useParams<{ section?: string }>();
  const { permissions } = useMe();
  const sections = SECTIONS.filter(({ needs }) => !needs || permissions.includes(needs));
  const here = sections.find(({ path }) => path === (section ?? "account"));
  const nav = useRef<HTMLElement>(null);
  usePageTitle(here ? `${here.label}, settings` : "Settings");
  /* On a phone the names stand in one line, longer than the screen. */
  // Braces: newer Chromium returns a promise from scrollIntoView, which React would call as the effect's cleanup.
  useEffect(() => {
    nav.current?.querySelector("[aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
  }, [here?.path]);
  if (!here) return <Redirect to={MOVED[section ?? ""] ?? "/settings"} replace />;
  return (
    <Page>
      <PageHeader title="Settings" />
      <div className={styles.layout}>
        <nav ref={nav} className={styles.nav} aria-label="Settings">
          {sections.map(({ path, label, group }, at) => (
            <div key={path} className={styles.item}>
              {sections[at - 1]?.group !== group && <div className={styles.group}>{group}</div>}
              <Link href={`/settings/${path}`} className={styles.link} aria-current={here.path === path ? "page" : undefined}>
                {label}
              </Link>
            </div>
          ))}
          <div className={styles.item}>
            <Link href="/providers" className={styles.link}>
              Providers
            </Link>
          </div>
        </nav>
        <div className={styles.section}>
          <here.Section />
        </div>
      </div>
    </Page>
  );
}
