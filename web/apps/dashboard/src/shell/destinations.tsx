import type { ReactNode } from "react";
import { ChartNoAxesColumn, FileText, House, KeyRound, MessageSquare, Plug, Settings } from "lucide-react";

export type Destination = { path: string; label: string; icon: ReactNode; words: string };

/** Every place of the application once: the sidebar and the palette read the same list. */
export const DESTINATIONS: readonly { group: string | null; places: readonly Destination[] }[] = [
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

export const SETTINGS: Destination = { path: "/settings", label: "Settings", icon: <Settings />, words: "account profile password security passkey sessions organization theme" };

export const SETTINGS_SECTIONS: readonly { label: string; words: string }[] = [
  { label: "Account", words: "settings profile name email" },
  { label: "Security", words: "settings password authenticator passkey second factor recovery codes linked services sessions devices log out" },
  { label: "Organization", words: "settings" },
  { label: "Appearance", words: "settings theme" },
  { label: "Activity", words: "settings audit" },
];
