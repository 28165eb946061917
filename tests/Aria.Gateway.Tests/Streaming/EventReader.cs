using System.Text;
using System.Text.Json;

namespace Aria.Gateway.Tests.Streaming;

/// <summary>Reads server-sent events off the wire, one at a time, and accepts nothing else.</summary>
internal sealed class EventReader(Stream stream) : IDisposable
{
    private readonly StreamReader _lines = new(stream, new UTF8Encoding(false, throwOnInvalidBytes: true));

    /// <summary>The next event as its one line; null at the end. Comments, which a server that was held up sends in between, are passed over.</summary>
    public async Task<string?> NextAsync(CancellationToken cancellationToken)
    {
        string? line;
        while ((line = await NextLineAsync(cancellationToken)) == ": ping")
        {
        }

        return line;
    }

    /// <summary>The next event or comment as its one line; null at the end.</summary>
    public async Task<string?> NextLineAsync(CancellationToken cancellationToken)
    {
        if (await _lines.ReadLineAsync(cancellationToken) is not { } line)
        {
            return null;
        }

        Assert.True(line == ": ping" || line.StartsWith("data: ", StringComparison.Ordinal), line);
        Assert.Equal("", await _lines.ReadLineAsync(cancellationToken));
        return line;
    }

    /// <summary>The JSON of the next event.</summary>
    public async Task<JsonElement> NextJsonAsync(CancellationToken cancellationToken)
    {
        string? line = await NextAsync(cancellationToken);
        Assert.StartsWith("data: {", line, StringComparison.Ordinal);
        using JsonDocument document = JsonDocument.Parse(line!["data: ".Length..]);
        return document.RootElement.Clone();
    }

    public void Dispose() => _lines.Dispose();
}
