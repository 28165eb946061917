using System.Runtime.InteropServices;

namespace Aria.Cli.Processes;

/// <summary>
/// Two-stage stopping: the first Ctrl-C, TERM or hang-up asks the command to end, the second Ctrl-C or TERM ends the process
/// at once, after <see cref="LastAct"/>.
/// </summary>
internal sealed class StopSignals : IDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly List<PosixSignalRegistration> _registrations = [];
    private int _received;

    public StopSignals()
    {
        Listen(PosixSignal.SIGINT, ExitCode.Interrupted);
        Listen(PosixSignal.SIGTERM, ExitCode.Terminated);
        Listen(PosixSignal.SIGHUP, ExitCode.Terminated);
    }

    /// <summary>Cancelled by the first signal.</summary>
    public CancellationToken Stopping => _stop.Token;

    /// <summary>130 or 143 once a signal came.</summary>
    public int? ExitStatus { get; private set; }

    /// <summary>Ctrl-C reaches the whole terminal group; a node on a lifeline leaves the answer to its supervisor.</summary>
    public bool IgnoresInterrupt { get; set; }

    /// <summary>Done before the process ends at once, such as killing children.</summary>
    public Action? LastAct { get; set; }

    /// <summary>Asks the command to end, as a signal would.</summary>
    public void Stop(int exitStatus)
    {
        ExitStatus ??= exitStatus;
        _stop.Cancel();
    }

    public void Dispose()
    {
        _registrations.ForEach(registration => registration.Dispose());
        _stop.Dispose();
    }

    private void Listen(PosixSignal signal, int exitStatus) => _registrations.Add(PosixSignalRegistration.Create(signal, context =>
    {
        context.Cancel = true;
        if (signal != PosixSignal.SIGTERM && IgnoresInterrupt)
        {
            return;
        }

        if (Interlocked.Increment(ref _received) > 1 && signal != PosixSignal.SIGHUP)
        {
            LastAct?.Invoke();
            Environment.Exit(exitStatus);
        }

        Stop(exitStatus);
    }));
}
