import { useState } from "react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Ellipsis, Pencil, Plus, ShieldCheck, Trash2 } from "lucide-react";
import { api, done, type OrganizationRole } from "@tenon/api";
import { Badge, Button, Card, ConfirmDialog, IconButton, Menu, MenuItem, SkeletonRows, Tooltip, toast } from "@tenon/ui";
import { LoadProblem, tellFailure } from "../../app/failure";
import { plural } from "../../app/format";
import { useMe, usePermission } from "../auth/me";
import settings from "../settings/settings.module.css";
import styles from "./orgs.module.css";
import { rolesKey, rolesQuery } from "./queries";
import { RoleDialog } from "./role-dialog";

export function RolesSection() {
  const { organization } = useMe();
  const mayManage = usePermission("roles.manage");
  const [creating, setCreating] = useState(false);
  const roles = useQuery(rolesQuery(organization.id));
  return (
    <>
      <Card
        title="Roles"
        description="What members may do. Four roles are always there; make others where they do not fit."
        actions={
          mayManage && (
            <Button size="sm" tone="primary" icon={<Plus />} onClick={() => setCreating(true)}>
              New role
            </Button>
          )
        }
        flush
      >
        {roles.isPending && <SkeletonRows bare rows={4} label="Loading roles" />}
        {roles.isError && !roles.data && <LoadProblem bare error={roles.error} onRetry={() => void roles.refetch()} />}
        <ul className={settings.rows} aria-label="Roles">
          {roles.data?.map((role) => (
            <Row key={role.name} organization={organization.id} role={role} mayManage={mayManage} />
          ))}
        </ul>
      </Card>
      {creating && <RoleDialog role={null} onClose={() => setCreating(false)} />}
    </>
  );
}

function Row({ organization, role, mayManage }: { organization: string; role: OrganizationRole; mayManage: boolean }) {
  const [editing, setEditing] = useState(false);
  const [deleting, setDeleting] = useState(false);
  const client = useQueryClient();
  const remove = useMutation({
    mutationFn: () => done(api.DELETE("/api/orgs/{id}/roles/{role_id}", { params: { path: { id: organization, role_id: role.id ?? "" } } })),
    onSuccess: () => {
      setDeleting(false);
      void client.invalidateQueries({ queryKey: rolesKey });
      toast.done("Role deleted", role.name);
    },
    onError: tellFailure("The role could not be deleted"),
  });
  return (
    <li className={settings.row}>
      <ShieldCheck size={18} aria-hidden />
      <div className={settings.rowText}>
        <div className={settings.rowTitle}>
          {role.name}
          {role.is_builtin && <Badge>Built in</Badge>}
        </div>
        <div className={settings.rowSub}>
          {role.description && `${role.description} `}
          {role.member_count > 0 ? `Held by ${plural(role.member_count, "member")}.` : "Held by nobody."}
        </div>
      </div>
      <Tooltip content={role.permissions.join(", ") || "Nothing"}>
        <button type="button" className={styles.permissions}>
          {plural(role.permissions.length, "permission")}
        </button>
      </Tooltip>
      {mayManage && !role.is_builtin && (
        <Menu trigger={<IconButton label={`Actions for ${role.name}`} size="sm" icon={<Ellipsis />} />}>
          <MenuItem icon={<Pencil />} onSelect={() => setEditing(true)}>
            Change
          </MenuItem>
          <MenuItem icon={<Trash2 />} danger onSelect={() => setDeleting(true)}>
            Delete
          </MenuItem>
        </Menu>
      )}
      {editing && <RoleDialog role={role} onClose={() => setEditing(false)} />}
      <ConfirmDialog
        open={deleting}
        onOpenChange={setDeleting}
        title={`Delete the role “${role.name}”?`}
        description="It can be deleted when nobody holds it and no open invitation promises it."
        action="Delete role"
        busy={remove.isPending}
        onConfirm={() => remove.mutate()}
      />
    </li>
  );
}
