import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Ellipsis, Mail, MailX, Send } from "lucide-react";
import { api, data, done, type Invitation } from "@tenon/api";
import { Badge, Card, IconButton, Menu, MenuItem, SkeletonRows, toast } from "@tenon/ui";
import { LoadProblem, tellFailure } from "../../app/failure";
import { ago, onDate, onDateTime } from "../../app/format";
import settings from "../settings/settings.module.css";
import { invitationsKey, invitationsQuery, rolesKey } from "./queries";

export function Invitations({ organization }: { organization: string }) {
  const invitations = useQuery(invitationsQuery(organization));
  const rows = invitations.data?.data ?? [];
  if (invitations.data && rows.length === 0) return null;
  return (
    <Card title="Open invitations" description="Sent, and not taken up yet." flush>
      {invitations.isPending && <SkeletonRows bare rows={1} label="Loading invitations" />}
      {invitations.isError && !invitations.data && <LoadProblem bare error={invitations.error} onRetry={() => void invitations.refetch()} />}
      <ul className={settings.rows} aria-label="Open invitations">
        {rows.map((invitation) => (
          <Row key={invitation.id} organization={organization} invitation={invitation} />
        ))}
      </ul>
    </Card>
  );
}

function Row({ organization, invitation }: { organization: string; invitation: Invitation }) {
  const client = useQueryClient();
  const path = { id: organization, invitation_id: invitation.id };
  const changed = () => {
    void client.invalidateQueries({ queryKey: invitationsKey });
    void client.invalidateQueries({ queryKey: rolesKey });
  };
  const resend = useMutation({
    mutationFn: () => data(api.POST("/api/orgs/{id}/invitations/{invitation_id}/resend", { params: { path } })),
    onSuccess: () => {
      changed();
      toast.done("Invitation sent again", "The link in the letter before works no more.");
    },
    onError: tellFailure("The invitation could not be sent again"),
  });
  const withdraw = useMutation({
    mutationFn: () => done(api.DELETE("/api/orgs/{id}/invitations/{invitation_id}", { params: { path } })),
    onSuccess: () => {
      changed();
      toast.done("Invitation withdrawn", `The link sent to ${invitation.email} works no more.`);
    },
    onError: tellFailure("The invitation could not be withdrawn"),
  });
  return (
    <li className={settings.row}>
      <Mail size={18} aria-hidden />
      <div className={settings.rowText}>
        <div className={settings.rowTitle}>
          {invitation.email}
          {invitation.expired && <Badge tone="warning">Expired</Badge>}
        </div>
        <div className={settings.rowSub} title={onDateTime(invitation.sent_at)}>
          {invitation.invited_by && `By ${invitation.invited_by}, `}
          {ago(invitation.sent_at)}, {invitation.expired ? "ended" : "open until"} {onDate(invitation.expires_at)}
        </div>
      </div>
      <Badge>{invitation.role}</Badge>
      <Menu trigger={<IconButton label={`Actions for the invitation of ${invitation.email}`} size="sm" icon={<Ellipsis />} />}>
        <MenuItem icon={<Send />} onSelect={() => resend.mutate()}>
          Send again
        </MenuItem>
        <MenuItem icon={<MailX />} danger onSelect={() => withdraw.mutate()}>
          Withdraw
        </MenuItem>
      </Menu>
    </li>
  );
}
