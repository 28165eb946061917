using System.Collections.Concurrent;
using System.ComponentModel;
using System.Runtime.InteropServices;

namespace Aria.Libp2p.Nat.Tests.Namespaces;

/// <summary>A thread that lives in a network namespace of the system: the sockets that are made on it belong there, whoever uses them later.</summary>
internal sealed partial class NetworkNamespace : IDisposable
{
    private const int ReadOnly = 0;
    private const int NetworkFlag = 0x4000_0000;

    private readonly BlockingCollection<Action> _due = [];
    private readonly Thread _thread;

    public NetworkNamespace(string name)
    {
        TaskCompletionSource entered = new();
        _thread = new(() =>
        {
            try
            {
                Enter(name);
                entered.SetResult();
            }
            catch (Exception exception)
            {
                entered.SetException(exception);
                return;
            }

            foreach (Action act in _due.GetConsumingEnumerable())
            {
                act();
            }
        })
        { IsBackground = true };
        _thread.Start();
        entered.Task.GetAwaiter().GetResult();
    }

    /// <summary>Begins <paramref name="act"/> within the namespace; what it does after its first wait is done elsewhere.</summary>
    public async Task<T> RunAsync<T>(Func<Task<T>> act)
    {
        TaskCompletionSource<Task<T>> begun = new(TaskCreationOptions.RunContinuationsAsynchronously);
        _due.Add(() =>
        {
            try
            {
                begun.SetResult(act());
            }
            catch (Exception exception)
            {
                begun.SetException(exception);
            }
        });
        return await await begun.Task;
    }

    public void Dispose()
    {
        _due.CompleteAdding();
        _thread.Join();
        _due.Dispose();
    }

    private static void Enter(string name)
    {
        int file = open($"/var/run/netns/{name}", ReadOnly);
        if (file < 0 || setns(file, NetworkFlag) != 0)
        {
            throw new Win32Exception(Marshal.GetLastPInvokeError(), $"The network namespace {name} cannot be entered.");
        }

        close(file);
    }

    [DllImport("libc", SetLastError = true, CharSet = CharSet.Ansi, BestFitMapping = false, ThrowOnUnmappableChar = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int open(string path, int flags);

    [DllImport("libc", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int setns(int file, int kind);

    [DllImport("libc", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int close(int file);
}
