import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, data } from "@tenon/api";
import { Button, Card, toast } from "@tenon/ui";
import { tellFailure } from "../../app/failure";
import { onDate } from "../../app/format";
import { meKey } from "../auth/me";
import settings from "../settings/settings.module.css";

/** Organizations of one's own that were deleted and can still be brought back. */
export function DeletedOrganizations() {
  const client = useQueryClient();
  const all = useQuery({ queryKey: ["organizations"], queryFn: () => data(api.GET("/api/orgs")) });
  const restore = useMutation({
    mutationFn: (id: string) => data(api.POST("/api/orgs/{id}/restore", { params: { path: { id } } })),
    onSuccess: (restored) => {
      void client.invalidateQueries({ queryKey: ["organizations"] });
      void client.invalidateQueries({ queryKey: meKey });
      toast.done("Organization restored", `${restored.name} is among your organizations again.`);
    },
    onError: tellFailure("The organization could not be restored"),
  });
  const deleted = (all.data ?? []).filter((organization) => organization.deleted_at);
  if (deleted.length === 0) return null;
  return (
    <Card title="Deleted organizations" description="Removed for good 30 days after they were deleted." flush>
      <ul className={settings.rows}>
        {deleted.map((organization) => (
          <li key={organization.id} className={settings.row}>
            <div className={settings.rowText}>
              <div className={settings.rowTitle}>{organization.name}</div>
              <div className={settings.rowSub}>Deleted {organization.deleted_at && onDate(organization.deleted_at)}</div>
            </div>
            <Button size="sm" busy={restore.isPending && restore.variables === organization.id} onClick={() => restore.mutate(organization.id)}>
              Restore
            </Button>
          </li>
        ))}
      </ul>
    </Card>
  );
}
