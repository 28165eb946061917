using Aria.EndToEnd.Tests.Testnets;

[assembly: AssemblyFixture(typeof(SharedTestnet))]

// Each testnet is several processes: one at a time leaves the machine's few processors to it.
[assembly: Xunit.v3.Parallelization(Mode = Xunit.Sdk.ParallelMode.None)]

namespace Aria.EndToEnd.Tests.Testnets;

/// <summary>The default testnet, started by the first test that asks it something and left as it is by all.</summary>
public sealed class SharedTestnet : IAsyncDisposable
{
    private Task<RunningTestnet>? _testnet;

    /// <summary>The testnet, ready.</summary>
    public Task<RunningTestnet> GetAsync() => _testnet ??= RunningTestnet.StartAsync();

    public async ValueTask DisposeAsync()
    {
        if (_testnet is { IsCompletedSuccessfully: true } started)
        {
            await (await started).DisposeAsync();
        }
    }
}
