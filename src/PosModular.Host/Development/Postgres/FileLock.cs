namespace PosModular.Host.Development.Postgres;

/// <summary>
/// File locks between processes, based on flock(2). The kernel releases a lock when its holder ends, however it ends.
/// .NET's FileStream locks exclusively for FileShare.None and shared for reading with FileShare.Read.
/// </summary>
internal static class FileLock
{
    /// <summary>Waits until the lock is free.</summary>
    public static async Task<FileStream> AcquireExclusiveAsync(string path, CancellationToken cancellationToken)
    {
        while (true)
        {
            if (TryAcquireExclusive(path) is { } held)
                return held;
            await Task.Delay(50, cancellationToken);
        }
    }

    /// <returns>Null when another process holds the lock, shared or exclusively.</returns>
    public static FileStream? TryAcquireExclusive(string path)
    {
        try
        {
            return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException e) when (e is not FileNotFoundException and not DirectoryNotFoundException)
        {
            return null;
        }
    }

    public static FileStream AcquireShared(string path)
    {
        using (File.Open(path, FileMode.OpenOrCreate, FileAccess.Write, FileShare.ReadWrite))
        {
            // Creates the file if missing; the shared lock below opens it for reading, which does not create it.
        }
        return new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read);
    }
}
