import { RotateCw, X } from "lucide-react";
import { IconButton, Progress } from "@tenon/ui";
import { bytes } from "../../app/format";
import { dropUpload, retryUpload, type FileUpload } from "./uploads";
import styles from "./documents.module.css";

export function UploadList({ uploads }: { uploads: readonly FileUpload[] }) {
  if (uploads.length === 0) return null;
  return (
    <ul className={styles.uploads} aria-label="Uploads">
      {uploads.map((upload) => (
        <li key={upload.id} className={styles.upload}>
          <div className={styles.uploadBody}>
            <div className={styles.uploadLine}>
              <span className={styles.uploadName}>{upload.name}</span>
              <span className="numeric">{upload.state === "sending" ? `${Math.round(upload.share * 100)} % of ${bytes(upload.bytes)}` : upload.state === "waiting" ? "Waiting" : ""}</span>
            </div>
            {upload.failure ? (
              <span className={styles.fault} role="alert">
                {upload.failure}
              </span>
            ) : (
              <Progress label={`Uploading ${upload.name}`} value={upload.share} />
            )}
          </div>
          {upload.state === "failed" && <IconButton label={`Upload ${upload.name} again`} size="sm" icon={<RotateCw />} onClick={() => retryUpload(upload.id)} />}
          <IconButton label={upload.state === "failed" ? "Dismiss" : `Cancel ${upload.name}`} size="sm" icon={<X />} onClick={() => dropUpload(upload.id)} />
        </li>
      ))}
    </ul>
  );
}
