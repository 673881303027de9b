import { useState } from "react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { ChevronLeft, ChevronRight, Ellipsis, Search, UserMinus, UserPlus } from "lucide-react";
import { api, data, done, type Member, type OrganizationRole } from "@tenon/api";
import { Avatar, Badge, Button, Card, ConfirmDialog, IconButton, Input, Menu, MenuChoice, MenuItem, MenuLabel, MenuSeparator, SkeletonRows, toast } from "@tenon/ui";
import { LoadProblem, tellFailure } from "../../app/failure";
import { onDate, plural } from "../../app/format";
import { meKey, useMe, usePermission } from "../auth/me";
import { useSettled } from "../knowledge/use-settled";
import settings from "../settings/settings.module.css";
import { Invitations } from "./invitations";
import { InviteDialog } from "./invite-dialog";
import { MEMBERS_PAGE, membersKey, membersQuery, rolesKey, rolesQuery } from "./queries";

export function MembersSection() {
  const { organization, user } = useMe();
  const mayManage = usePermission("members.manage");
  const [asked, setAsked] = useState("");
  const [page, setPage] = useState(1);
  const [inviting, setInviting] = useState(false);
  const members = useQuery(membersQuery(organization.id, page, useSettled(asked.trim(), 200)));
  const roles = useQuery(rolesQuery(organization.id)).data ?? [];
  const total = members.data?.meta.total ?? 0;

  return (
    <>
      <Card
        title="Members"
        description={members.data && !asked ? `${plural(total, "person", "people")} in ${organization.name}.` : `Everybody in ${organization.name}.`}
        actions={
          mayManage && (
            <Button size="sm" tone="primary" icon={<UserPlus />} onClick={() => setInviting(true)}>
              Invite
            </Button>
          )
        }
        flush
      >
        <div className={settings.search}>
          <Input
            icon={<Search size={15} />}
            type="search"
            aria-label="Find members"
            placeholder="Name or e-mail"
            value={asked}
            maxLength={200}
            onChange={(event) => {
              setAsked(event.target.value);
              setPage(1);
            }}
          />
        </div>
        {members.isPending && <SkeletonRows bare rows={3} label="Loading members" />}
        {members.isError && !members.data && <LoadProblem bare error={members.error} onRetry={() => void members.refetch()} />}
        {members.data && total === 0 && <p className={settings.none}>Nobody is called that.</p>}
        <ul className={settings.rows} aria-label="Members">
          {members.data?.data.map((member) => (
            <Row key={member.user_id} member={member} self={member.user_id === user.id} roles={roles} mayManage={mayManage} />
          ))}
        </ul>
        {total > MEMBERS_PAGE && (
          <div className={settings.more}>
            <Button size="sm" icon={<ChevronLeft />} disabled={page <= 1} onClick={() => setPage(page - 1)}>
              Previous
            </Button>
            <Button size="sm" disabled={page * MEMBERS_PAGE >= total} onClick={() => setPage(page + 1)}>
              Next <ChevronRight />
            </Button>
          </div>
        )}
      </Card>
      {mayManage && <Invitations organization={organization.id} />}
      {inviting && <InviteDialog roles={roles} onClose={() => setInviting(false)} />}
    </>
  );
}

function Row({ member, self, roles, mayManage }: { member: Member; self: boolean; roles: readonly OrganizationRole[]; mayManage: boolean }) {
  const [removing, setRemoving] = useState(false);
  const { organization } = useMe();
  const client = useQueryClient();
  const path = { id: organization.id, user_id: member.user_id };
  /* An owner's place is an owner's to change; the server says so too. */
  const mine = mayManage && (member.role !== "owner" || organization.role === "owner");
  const change = useMutation({
    mutationFn: (role: string) => data(api.PATCH("/api/orgs/{id}/members/{user_id}", { params: { path }, body: { role } })),
    onSuccess: (saved) => {
      void client.invalidateQueries({ queryKey: membersKey });
      void client.invalidateQueries({ queryKey: rolesKey });
      if (self) void client.invalidateQueries({ queryKey: meKey });
      toast.done("Role changed", `${saved.name} is ${saved.role} now.`);
    },
    onError: tellFailure("The role could not be changed"),
  });
  const remove = useMutation({
    mutationFn: () => done(api.DELETE("/api/orgs/{id}/members/{user_id}", { params: { path } })),
    onSuccess: () => {
      setRemoving(false);
      void client.invalidateQueries({ queryKey: membersKey });
      void client.invalidateQueries({ queryKey: rolesKey });
      toast.done("Member removed", `${member.name} is signed out of ${organization.name}.`);
    },
    onError: tellFailure("The member could not be removed"),
  });

  return (
    <li className={settings.row}>
      <Avatar name={member.name} />
      <div className={settings.rowText}>
        <div className={settings.rowTitle}>
          {member.name}
          {self && <Badge tone="accent">You</Badge>}
        </div>
        <div className={settings.rowSub}>
          {member.email}, since {onDate(member.joined_at)}
        </div>
      </div>
      <Badge tone={member.role === "owner" ? "accent" : "neutral"}>{member.role}</Badge>
      {mine && (
        <Menu trigger={<IconButton label={`Actions for ${member.name}`} size="sm" icon={<Ellipsis />} />}>
          <MenuLabel>Role</MenuLabel>
          {roles
            .filter((role) => role.name !== "owner" || organization.role === "owner")
            .map((role) => (
              <MenuChoice key={role.name} checked={role.name === member.role} onSelect={() => role.name !== member.role && change.mutate(role.name)}>
                {role.name}
              </MenuChoice>
            ))}
          {!self && (
            <>
              <MenuSeparator />
              <MenuItem icon={<UserMinus />} danger onSelect={() => setRemoving(true)}>
                Remove
              </MenuItem>
            </>
          )}
        </Menu>
      )}
      <ConfirmDialog
        open={removing}
        onOpenChange={setRemoving}
        title={`Remove ${member.name}?`}
        description={`They are signed out of ${organization.name} at once and see nothing of it any more. What they made stays, and so do the API keys they created.`}
        action="Remove member"
        busy={remove.isPending}
        onConfirm={() => remove.mutate()}
      />
    </li>
  );
}
