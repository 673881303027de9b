import type { ReactNode } from "react";
import { Building2, ChartNoAxesColumn, FileText, House, KeyRound, MessageSquare, Plug, Settings, Users } from "lucide-react";
import type { User } from "@tenon/api";

export type Destination = { path: string; label: string; icon: ReactNode; words: string };

type Group = { group: string | null; places: readonly Destination[] };

const FOR_ALL: readonly Group[] = [
  {
    group: null,
    places: [
      { path: "/", label: "Overview", icon: <House />, words: "home dashboard start" },
      { path: "/chat", label: "Chat", icon: <MessageSquare />, words: "ask question conversation" },
      { path: "/documents", label: "Documents", icon: <FileText />, words: "knowledge upload search files" },
    ],
  },
  {
    group: "Build",
    places: [
      { path: "/keys", label: "API keys", icon: <KeyRound />, words: "token secret sdk" },
      { path: "/providers", label: "Providers", icon: <Plug />, words: "models openai anthropic gateway" },
      { path: "/usage", label: "Usage", icon: <ChartNoAxesColumn />, words: "cost calls tokens spend" },
    ],
  },
];

const FOR_ADMINISTRATORS: Group = {
  group: "Installation",
  places: [
    { path: "/admin/people", label: "People", icon: <Users />, words: "administration accounts users impersonate" },
    { path: "/admin/organizations", label: "Organizations", icon: <Building2 />, words: "administration tenants restore" },
  ],
};

/** Every place of the application once, as far as it is there for this person: the sidebar and the palette read the same list. */
export const destinationsFor = (user: User): readonly Group[] => (user.is_admin ? [...FOR_ALL, FOR_ADMINISTRATORS] : FOR_ALL);

export const SETTINGS: Destination = { path: "/settings", label: "Settings", icon: <Settings />, words: "account profile password security passkey sessions organization theme" };

export const SETTINGS_SECTIONS: readonly { label: string; words: string; needs?: string }[] = [
  { label: "Account", words: "settings profile name email" },
  { label: "Security", words: "settings password authenticator passkey second factor recovery codes linked services sessions devices log out" },
  { label: "Organization", words: "settings" },
  { label: "Domains", words: "settings organization dns txt record join", needs: "org.manage" },
  { label: "Appearance", words: "settings theme" },
  { label: "Activity", words: "settings audit" },
];
