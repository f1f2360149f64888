namespace PosModular.Host.Development.Postgres;

/// <summary>
/// Locks between processes on a file: flock(2) beneath, so the kernel lets go when the holder dies, however it dies.
/// Shared or exclusive follows from what .NET's FileStream asks for (FileShare.None is exclusive, reading with FileShare.Read is shared).
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

    /// <returns>Null where someone else holds the lock, shared or not.</returns>
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
            // Made where it was missing: a shared lock is taken by opening for reading, which does not create.
        }
        return new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read);
    }
}
