using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Aria.Cli.Audits;
using Aria.Cli.Benchmarks;
using Aria.Cli.Commands;
using Aria.Cli.Doctor;
using Aria.Cli.Kills;
using Aria.Cli.Ledgers;
using Aria.Cli.Models;
using Aria.Cli.Nodes;
using Aria.Cli.Testnet;
using Aria.Gateway.Dht;

namespace Aria.Cli.Output;

/// <summary>Every document the program prints or keeps, generated at build time.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UseStringEnumConverter = true,
    IgnoreReadOnlyProperties = true,
    WriteIndented = true)]
[JsonSerializable(typeof(ErrorDocument))]
[JsonSerializable(typeof(TestnetState))]
[JsonSerializable(typeof(StatusDocument))]
[JsonSerializable(typeof(DownReport))]
[JsonSerializable(typeof(LogsDocument))]
[JsonSerializable(typeof(KillRequest))]
[JsonSerializable(typeof(KillReply))]
[JsonSerializable(typeof(StartRequest))]
[JsonSerializable(typeof(StartReply))]
[JsonSerializable(typeof(CompletionDocument))]
[JsonSerializable(typeof(DoctorReport))]
[JsonSerializable(typeof(RecordDocument))]
[JsonSerializable(typeof(ModelListDocument))]
[JsonSerializable(typeof(ModelDocument))]
[JsonSerializable(typeof(SynthesisDocument))]
[JsonSerializable(typeof(ImportDocument))]
[JsonSerializable(typeof(VerificationDocument))]
[JsonSerializable(typeof(BenchDocument))]
[JsonSerializable(typeof(System.Text.Json.JsonElement))]
[JsonSerializable(typeof(UpDocument))]
[JsonSerializable(typeof(AuditDocument))]
[JsonSerializable(typeof(DhtAnswer))]
[JsonSerializable(typeof(string))]
[JsonSerializable(typeof(NodeDocument))]
[JsonSerializable(typeof(LedgerListDocument))]
[JsonSerializable(typeof(LedgerShowDocument))]
[JsonSerializable(typeof(LedgerVerifyDocument))]
internal sealed partial class CliJson : JsonSerializerContext
{
    /// <summary>Leaves quotes and letters of every script as they are: the documents stand on a terminal, not in a web page.</summary>
    public static CliJson Documents => field ??= new(new JsonSerializerOptions(Default.Options!) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });

    /// <summary>The same, each document on one line.</summary>
    public static CliJson Lines => field ??= new(new JsonSerializerOptions(Documents.Options!) { WriteIndented = false });
}
