/** Names for the shapes of the generated description, and the events of an answer's stream, which OpenAPI cannot say. */
import type { paths } from "./schema";

type Json<R> = R extends { content: { "application/json": infer T } } ? T : never;
type Success<O> = O extends { responses: infer R } ? Json<R[keyof R & (200 | 201 | 202)]> : never;
type Data<O> = Success<O> extends { data: infer T } ? T : never;
type Item<O> = Data<O> extends (infer T)[] ? T : never;
type Query<O> = O extends { parameters: { query?: infer Q } } ? NonNullable<Q> : never;

export type Me = Data<paths["/api/auth/me"]["get"]>;
export type User = Me["user"];
export type Membership = Me["organization"];
export type Role = Membership["role"];
export type Session = Item<paths["/api/auth/sessions"]["get"]>;
export type Factors = Data<paths["/api/auth/mfa"]["get"]>;
export type TotpSecret = Data<paths["/api/auth/mfa/totp"]["post"]>;
export type Passkey = Data<paths["/api/auth/passkeys/{id}"]["get"]>;
export type Service = Item<paths["/api/auth/oauth"]["get"]>;
export type Identity = Item<paths["/api/auth/identities"]["get"]>;
export type Letter = Item<paths["/api/outbox"]["get"]>;
export type Organization = Data<paths["/api/orgs/{id}"]["get"]>;
export type Member = Data<paths["/api/orgs/{id}/members/{user_id}"]["get"]>;
export type OrganizationRole = Item<paths["/api/orgs/{id}/roles"]["get"]>;
export type Invitation = Data<paths["/api/orgs/{id}/invitations/{invitation_id}"]["get"]>;

export type Domain = Data<paths["/api/orgs/{id}/domains/{domain_id}"]["get"]>;
export type JoiningRole = Domain["role"];
export type Joinable = Item<paths["/api/orgs/joinable"]["get"]>;

export type Account = Item<paths["/api/admin/users"]["get"]>;
export type AccountInFull = Data<paths["/api/admin/users/{id}"]["get"]>;
export type AnyOrganization = Data<paths["/api/admin/orgs/{id}"]["get"]>;

export type ApiKey = Data<paths["/api/keys/{id}"]["get"]>;
export type NewApiKey = Data<paths["/api/keys"]["post"]>;

export type CatalogueEntry = Item<paths["/api/providers/catalogue"]["get"]>;
export type Provider = Data<paths["/api/providers/{id}"]["get"]>;
export type ProviderTest = Data<paths["/api/providers/{id}/test"]["post"]>;
export type Model = Item<paths["/api/models"]["get"]>;

export type KnowledgeDocument = Data<paths["/api/knowledge/documents/{id}"]["get"]>;
export type DocumentStatus = KnowledgeDocument["status"];
export type Chunk = Item<paths["/api/knowledge/documents/{id}/chunks"]["get"]>;
export type Passage = Item<paths["/api/knowledge/search"]["get"]>;
export type KnowledgeSettings = Data<paths["/api/knowledge/settings"]["get"]>;
export type Collection = Data<paths["/api/knowledge/collections/{id}"]["get"]>;

export type Conversation = Data<paths["/api/conversations/{id}"]["get"]>;
export type Message = Item<paths["/api/conversations/{id}/messages"]["get"]>;
export type Citation = Message["citations"][number];
type WholeAnswer = Data<paths["/api/conversations/{id}/messages"]["post"]>;

export type UsageGrouping = NonNullable<Query<paths["/api/usage"]["get"]>["group_by"]>;
export type UsageRow = Item<paths["/api/usage"]["get"]>;
export type UsageEvent = Data<paths["/api/usage/events/{id}"]["get"]>;
export type Dashboard = Data<paths["/api/dashboard"]["get"]>;
export type Activity = Dashboard["recent"][number];
export type AuditEntry = Item<paths["/api/audit"]["get"]>;

export type AnswerEvent =
  | { type: "message.created"; message_id: string; user_message_id: string | null }
  | { type: "message.delta"; text: string }
  | ({ type: "citation" } & Citation)
  | ({ type: "usage" } & WholeAnswer["usage"])
  | { type: "done"; message_id: string; status: Message["status"] }
  | { type: "error"; code: string; message: string };
