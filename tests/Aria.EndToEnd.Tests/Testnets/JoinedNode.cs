using System.Diagnostics;
using Aria.Testing;

namespace Aria.EndToEnd.Tests.Testnets;

/// <summary>A node that no topology knows, started as a person would start it: <c>aria node run --bootstrap …</c>.</summary>
public sealed class JoinedNode : IAsyncDisposable
{
    private readonly Process _process;

    private JoinedNode(Process process, string address) => (_process, Address) = (process, address);

    /// <summary>With <c>/p2p</c>.</summary>
    public string Address { get; }

    public int Pid => _process.Id;

    /// <summary>Starts a node with these arguments after <c>aria node run</c>, and waits until it serves.</summary>
    public static async Task<JoinedNode> StartAsync(AriaHome home, params string[] arguments)
    {
        Process process = AriaProgram.Start(["node", "run", "--lifeline", .. arguments], home.Environment);
        _ = process.StandardError.ReadToEndAsync(CancellationToken.None);
        string address = "";
        while (await process.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken).AsTask().WaitAsync(AriaHome.Patience) is { } line)
        {
            if (line.StartsWith("address ", StringComparison.Ordinal))
            {
                address = line["address ".Length..];
            }
            else if (line == "ready")
            {
                return new(process, address);
            }
        }

        throw new InvalidOperationException("The node ended before it was ready.");
    }

    /// <summary>Ends its lifeline; its exit status.</summary>
    public async Task<int> EndAsync()
    {
        _process.StandardInput.Close();
        await _process.WaitForExitAsync(CancellationToken.None).WaitAsync(AriaHome.Patience);
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            await EndAsync();
        }

        _process.Dispose();
    }
}
