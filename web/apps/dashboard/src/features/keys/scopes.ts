/** What a key may be allowed to do; the first six are what it may without being told. */
export const SCOPES: readonly { scope: string; does: string; standard: boolean }[] = [
  { scope: "gateway.use", does: "Call models under /v1", standard: true },
  { scope: "knowledge.read", does: "Read and search documents", standard: true },
  { scope: "knowledge.write", does: "Add, change and delete documents", standard: true },
  { scope: "conversations.read", does: "Read conversations", standard: true },
  { scope: "conversations.write", does: "Ask, and change conversations", standard: true },
  { scope: "usage.read", does: "Read usage and cost", standard: true },
  { scope: "keys.manage", does: "Create and revoke API keys", standard: false },
  { scope: "providers.manage", does: "Change providers", standard: false },
  { scope: "budgets.manage", does: "Set budgets", standard: false },
  { scope: "members.manage", does: "Invite, change and remove members", standard: false },
  { scope: "roles.manage", does: "Make and change roles", standard: false },
  { scope: "org.manage", does: "Change the organization", standard: false },
  { scope: "audit.read", does: "Read the activity log", standard: false },
];

export const STANDARD_SCOPES = SCOPES.filter((row) => row.standard).map((row) => row.scope);
