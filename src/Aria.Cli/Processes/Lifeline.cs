namespace Aria.Cli.Processes;

/// <summary>
/// A child's side of its lifeline: standard input stays open as long as the parent lives, however the parent ends. At its end
/// the child stops in order, and after <see cref="Grace"/> it stops regardless.
/// </summary>
internal static class Lifeline
{
    /// <summary>How long an orderly stop may take before the process exits anyway: what a node waits for while it stops, and a slow disk beside it.</summary>
    public static readonly TimeSpan Grace = TimeSpan.FromSeconds(15);

    /// <summary>Watches from a thread of its own, so that a busy pool cannot keep an orphan alive.</summary>
    public static void Watch(Stream input, Action cut)
    {
        Thread watcher = new(() =>
        {
            WaitForEnd(input);
            ThreadPool.UnsafeQueueUserWorkItem(_ => cut(), null);
            Thread.Sleep(Grace);
            Libc.EndThisProcess();
        })
        {
            IsBackground = true,
            Name = "lifeline",
        };
        watcher.Start();
    }

    private static void WaitForEnd(Stream input)
    {
        Span<byte> ignored = stackalloc byte[256];
        try
        {
            while (input.Read(ignored) > 0)
            {
            }
        }
        catch (IOException)
        {
            // As good as its end.
        }
    }
}
