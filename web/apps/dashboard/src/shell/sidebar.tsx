import { useState } from "react";
import { useMutation } from "@tanstack/react-query";
import { ChevronsUpDown, DoorOpen, LogOut, Monitor, Moon, Plus, Search, Sun, UserRound } from "lucide-react";
import { Link, useLocation } from "wouter";
import { api, body, type Joinable } from "@tenon/api";
import { Avatar, Kbd, Menu, MenuChoice, MenuItem, MenuLabel, MenuSeparator, Wordmark, useTheme } from "@tenon/ui";
import { tellFailure } from "../app/failure";
import { useBeginSession, useMe, useSignOut } from "../features/auth/me";
import { useJoin, useJoinable } from "../features/orgs/joinable";
import { NewOrganizationDialog } from "../features/settings/new-organization";
import { SETTINGS, destinationsFor, type Destination } from "./destinations";
import styles from "./sidebar.module.css";

export const commandKey = /Mac|iPhone|iPad/.test(navigator.userAgent) ? "⌘" : "Ctrl";

export function Sidebar({ onSearch }: { onSearch: () => void }) {
  const { user } = useMe();
  return (
    <div className={styles.sidebar}>
      <div className={styles.brand}>
        <Link href="/" aria-label="Tenon, overview" className={styles.brandLink}>
          <Wordmark />
        </Link>
      </div>
      <OrganizationMenu />
      <button type="button" className={styles.search} onClick={onSearch}>
        <Search size={15} aria-hidden />
        <span>Search</span>
        <span className={styles.keys} aria-hidden>
          <Kbd>{commandKey}</Kbd>
          <Kbd>K</Kbd>
        </span>
      </button>
      <nav className={styles.nav} aria-label="Main">
        {destinationsFor(user).map(({ group, places }) => (
          <div key={group ?? "first"} className={styles.group}>
            {group && <div className={styles.groupLabel}>{group}</div>}
            {places.map((place) => (
              <NavLink key={place.path} place={place} />
            ))}
          </div>
        ))}
        <div className={styles.last}>
          <NavLink place={SETTINGS} />
        </div>
      </nav>
      <AccountMenu />
    </div>
  );
}

function NavLink({ place }: { place: Destination }) {
  const [location] = useLocation();
  const here = place.path === "/" ? location === "/" : location === place.path || location.startsWith(`${place.path}/`);
  return (
    <Link href={place.path} className={styles.link} aria-current={here ? "page" : undefined}>
      {place.icon}
      {place.label}
    </Link>
  );
}

function OrganizationMenu() {
  const me = useMe();
  const [adding, setAdding] = useState(false);
  const begin = useBeginSession();
  const [, navigate] = useLocation();
  const join = useJoin();
  const change = useMutation({
    mutationFn: (id: string) => body(api.POST("/api/orgs/{id}/switch", { params: { path: { id } } })),
    onSuccess: async () => {
      /* What the address names belongs to the organization that was left. */
      navigate("/");
      await begin();
    },
    onError: tellFailure("The organization could not be changed"),
  });
  return (
    <>
      <Menu
        align="start"
        wide
        trigger={
          <button type="button" className={styles.organization}>
            <Avatar name={me.organization.name} size={22} />
            <span className={styles.organizationName}>{me.organization.name}</span>
            <ChevronsUpDown size={14} aria-hidden />
            <span className="visually-hidden">Change organization</span>
          </button>
        }
      >
        <MenuLabel>Organizations</MenuLabel>
        {me.organizations.map((organization) => (
          <MenuChoice
            key={organization.id}
            checked={organization.id === me.organization.id}
            detail={organization.role}
            onSelect={() => organization.id !== me.organization.id && change.mutate(organization.id)}
          >
            {organization.name}
          </MenuChoice>
        ))}
        <MenuSeparator />
        <MenuItem icon={<Plus />} onSelect={() => setAdding(true)}>
          New organization
        </MenuItem>
        <JoinItems onJoin={join.mutate} />
      </Menu>
      <NewOrganizationDialog open={adding} onOpenChange={setAdding} />
    </>
  );
}

/** Last in the menu, which is open already when it is known whether there is something to join. */
function JoinItems({ onJoin }: { onJoin: (organization: Joinable) => void }) {
  const joinable = useJoinable().data ?? [];
  if (joinable.length === 0) return null;
  return (
    <>
      <MenuSeparator />
      <MenuLabel>You can join</MenuLabel>
      {joinable.map((organization) => (
        <MenuItem key={organization.id} icon={<DoorOpen />} detail={`as ${organization.role}, by ${organization.domain}`} onSelect={() => onJoin(organization)}>
          Join {organization.name}
        </MenuItem>
      ))}
    </>
  );
}

function AccountMenu() {
  const { user } = useMe();
  const { choice, choose } = useTheme();
  const [, navigate] = useLocation();
  const signOut = useMutation({ mutationFn: useSignOut(), onError: tellFailure("Logging out failed") });
  return (
    <Menu
      align="start"
      side="top"
      wide
      trigger={
        <button type="button" className={styles.account}>
          <Avatar name={user.name} />
          <span className={styles.who}>
            <span className={styles.name}>{user.name}</span>
            <span className={styles.email}>{user.email}</span>
          </span>
          <span className="visually-hidden">Account menu</span>
        </button>
      }
    >
      <MenuItem icon={<UserRound />} onSelect={() => navigate("/settings/account")}>
        Account
      </MenuItem>
      <MenuSeparator />
      <MenuItem icon={<Sun />} onSelect={() => choose("light")} disabled={choice === "light"}>
        Light theme
      </MenuItem>
      <MenuItem icon={<Moon />} onSelect={() => choose("dark")} disabled={choice === "dark"}>
        Dark theme
      </MenuItem>
      <MenuItem icon={<Monitor />} onSelect={() => choose("system")} disabled={choice === "system"}>
        Theme of the system
      </MenuItem>
      <MenuSeparator />
      <MenuItem icon={<LogOut />} onSelect={() => signOut.mutate()}>
        Log out
      </MenuItem>
    </Menu>
  );
}
